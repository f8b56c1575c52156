/**
 * PyTorch's files made by hand, for what PyTorch would not write.
 *
 * @module
 */
import { encodeZip } from "../../../src/format/zip/writer.ts";

/** The bytes that `codes` are, a character for each. */
export const bytesOf = (codes: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(codes, (code) => code.charCodeAt(0));

const int32 = (value: number) =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => value >>> shift & 255));
const text = (value: string) => `X${int32(value.length)}${value}`;
const tuple = (values: readonly number[]) =>
  `(${values.map((value) => `J${int32(value)}`).join("")}t`;

/** A tensor as a pickle has it. */
export interface MadeTensor {
  readonly key?: string;
  readonly type?: string;
  /** Elements that the storage is said to have. */
  readonly length?: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** In the older format: elements before the part of the storage that it sees, and of that part. */
  readonly part?: readonly [offset: number, length: number];
}

/** The operations that put a tensor on the stack. */
export function tensorCodes(
  { key = "0", type = "FloatStorage", length = 6, offset = 0, shape, strides, part }: MadeTensor,
  isLegacy = false,
): string {
  const view = part
    ? `(${text("v")}${part.map((n) => `J${int32(n)}`).join("")}t`
    : isLegacy
    ? "N"
    : "";
  const id = `(${text("storage")}ctorch\n${type}\n${text(key)}${text("cpu")}J${
    int32(length)
  }${view}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${id}J${int32(offset)}${tuple(shape)}${
    tuple(strides)
  }\x89NtR`;
}

/**
 * A tensor over a storage of bytes, as PyTorch 2 has it for its newer types: they say the type themselves.
 *
 * @param part as in {@linkcode MadeTensor}
 */
export function untypedCodes(
  type: string,
  bytes: number,
  shape: readonly number[],
  strides: readonly number[],
  part?: readonly [offset: number, length: number],
): string {
  const view = part ? `(${text("v")}${part.map((n) => `J${int32(n)}`).join("")}t` : "";
  const id = `(${text("storage")}ctorch.storage\nUntypedStorage\n${text("0")}${text("cpu")}J${
    int32(bytes)
  }${view}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v3\n(${id}J${int32(0)}${tuple(shape)}${
    tuple(strides)
  }\x89Nctorch\n${type}\nNtR`;
}

/** The operations that put a dict on the stack. */
export function dictCodes(values: Readonly<Record<string, string>>): string {
  return `}(${Object.entries(values).map(([name, codes]) => text(name) + codes).join("")}u`;
}

/** An archive of the pickle `codes` and of storages by their keys, six float32 as "0" unless given. */
export function madeArchive(
  codes: string | Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { 0: sixFloats() },
): Uint8Array<ArrayBuffer> {
  const pickle = typeof codes === "string" ? bytesOf(`\x80\x02${codes}.`) : codes;
  return encodeZip([
    { name: "a/data.pkl", data: pickle },
    ...Object.entries(storages).map(([key, data]) => ({ name: `a/data/${key}`, data })),
    { name: "a/version", data: bytesOf("3\n") },
  ]);
}

/** A file of the older format: the pickle `codes`, and behind it storages by their keys, of so many elements. */
export function madeLegacy(
  codes: string,
  storages: Readonly<Record<string, { claims: number; bytes: Uint8Array }>> = {
    0: { claims: 6, bytes: sixFloats() },
  },
): Uint8Array<ArrayBuffer> {
  const keys = `](${Object.keys(storages).map(text).join("")}e`;
  const system = `}(${text("protocol_version")}M\xe9\x03${text("little_endian")}\x88u`;
  const pickles = ["\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", "M\xe9\x03", system, codes, keys];
  const parts = pickles.map((pickle) => `\x80\x02${pickle}.`);
  for (const { claims, bytes } of Object.values(storages)) {
    parts.push(int32(claims), "\0\0\0\0", String.fromCharCode(...bytes));
  }
  return bytesOf(parts.join(""));
}

/** The bytes of 0 to 5 as float32. */
export function sixFloats(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
}
