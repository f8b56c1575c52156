/**
 * What an array of NumPy's format says of itself before its elements.
 *
 * @module
 */
import { quoted } from "../quoted.ts";

const MAGIC = "\x93NUMPY";
/** Bytes of a description, which NumPy too bounds so, and dimensions that it allows. */
const MOST_BYTES = 10_000, MOST_DIMENSIONS = 64;

/** Kinds of numbers: boolean, signed, unsigned and floating-point. */
export type NumberKind = "b" | "i" | "u" | "f";

/** An array's type and shape. */
export interface NpyHeader {
  readonly kind: NumberKind;
  /** Bytes of an element. */
  readonly itemBytes: number;
  readonly bigEndian: boolean;
  /** The last index runs fastest. */
  readonly shape: readonly number[];
}

const VALUE = String.raw`'[^']*'|True|False|\([\d\s,]*\)`;
const ENTRY = String.raw`\s*'(descr|fortran_order|shape)'\s*:\s*(${VALUE})\s*`;
const DICT = new RegExp(`^\\{${ENTRY},${ENTRY},${ENTRY},?\\s*\\}\\s*$`);
const NUMBER = /^'([<>|=])([biuf])([1248])'$/;

/**
 * Reads as much as describes the array.
 *
 * @param take gives the next bytes
 * @throws {TypeError} if it is no array of numbers in C's order
 */
export async function readNpyHeader(
  take: (length: number) => Promise<Uint8Array>,
): Promise<NpyHeader> {
  const first = await take(MAGIC.length + 2);
  if (text(first.subarray(0, MAGIC.length)) !== MAGIC) throw new TypeError("it is no .npy file");
  const version = first[MAGIC.length]!;
  if (version < 1 || version > 3) throw new TypeError(`it is of version ${version} of the format`);
  const size = await take(version === 1 ? 2 : 4);
  const view = new DataView(size.buffer, size.byteOffset, size.byteLength);
  const length = version === 1 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > MOST_BYTES) throw new TypeError(`it is described in ${length} bytes`);
  const matched = DICT.exec(text(await take(length)));
  const said = new Map([1, 3, 5].map((at) => [matched?.[at], matched?.[at + 1]]));
  if (said.size < 3) throw new TypeError("its description is not as NumPy writes it");
  if (said.get("fortran_order") !== "False") {
    throw new TypeError("it is in Fortran's order: save numpy.ascontiguousarray of it");
  }
  const [, order, kind, bytes] = NUMBER.exec(said.get("descr")!) ?? [];
  if (kind === undefined) {
    throw new TypeError(
      `its elements are of type ${quoted(said.get("descr")!.replaceAll("'", ""))}`,
    );
  }
  const shape = said.get("shape")!.slice(1, -1).split(",").map((each) => each.trim())
    .filter((each, i, all) => each !== "" || i < all.length - 1).map(dimension);
  if (shape.length > MOST_DIMENSIONS) throw new TypeError("it has too many dimensions");
  return {
    kind: kind as NumberKind,
    itemBytes: Number(bytes),
    bigEndian: order === ">",
    shape,
  };
}

function dimension(said: string): number {
  const value = Number(said);
  if (/^\d+$/.test(said) && Number.isSafeInteger(value)) return value;
  throw new TypeError(`it has a dimension of ${quoted(said)}`);
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
