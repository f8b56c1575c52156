/**
 * The safetensors format: eight bytes of header size, a JSON header, then the tensors' bytes, all little-endian.
 *
 * @see https://huggingface.co/docs/safetensors
 * @module
 */
import { UsageError } from "../errors.ts";
import { findDuplicateKey } from "./json/duplicate_key.ts";
import { isDeeper } from "./json/depth.ts";
import { quoted } from "./quoted.ts";

/** Every type of the format by the array that holds it; those that no array is made for are kept as their bits. */
export const typedArrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Float16Array,
  BF16: Uint16Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** The element types of the format. */
export type Dtype = keyof typeof typedArrays;

/** A tensor on disk: row-major `data` of `shape`'s product of elements; an empty `shape` is a scalar. */
export type SafeTensor = {
  [D in Dtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: InstanceType<(typeof typedArrays)[D]>;
  };
}[Dtype];

/** What a safetensors file holds, in the order of its bytes. */
export interface SafetensorsFile {
  readonly tensors: Map<string, SafeTensor>;
  readonly metadata: Record<string, string>;
}

const SIZE_BYTES = 8;
/** The published limit, which keeps a damaged size from asking for gigabytes. */
const MAX_HEADER_BYTES = 100_000_000;
/** The longest header of a file from elsewhere, of some ten thousand tensors. */
export const FOREIGN_HEADER_BYTES = 2 ** 20;
/** The header, a tensor, its shape, and some room. */
const DEEPEST_HEADER = 16;
const METADATA_KEY = "__metadata__";

/**
 * The bytes of a safetensors file. Equal input (order included) gives equal bytes.
 *
 * @param tensors by name; written in the map's order
 * @param metadata free text beside the tensors
 * @throws {RangeError} if a tensor's data does not fill its shape, or one is called `__metadata__`
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  // Built as text because an object would move names that look like integers to the front.
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) {
    entries.push(`${JSON.stringify(METADATA_KEY)}:${JSON.stringify(metadata)}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    if (
      name === METADATA_KEY || !(data instanceof typedArrays[dtype]) || data.length !== size(shape)
    ) {
      throw new RangeError(
        `tensor ${quoted(name)}: ${data.length} values do not make ${dtype} [${shape}]`,
      );
    }
    const end = offset + data.byteLength;
    const entry = JSON.stringify({ dtype, shape, data_offsets: [offset, end] });
    entries.push(`${JSON.stringify(name)}:${entry}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const start = SIZE_BYTES + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(start + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - SIZE_BYTES), true);
  bytes.set(header, SIZE_BYTES);
  bytes.fill(0x20, SIZE_BYTES + header.length, start);
  let position = start;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. The tensors are copies: `bytes` may be reused afterwards.
 *
 * @param sourceName the file's name, for error messages
 * @param mostHeaderBytes the longest header that is read
 * @throws {UsageError} if `bytes` is not exactly one well-formed file of the types of {@linkcode Dtype}
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  sourceName: string,
  mostHeaderBytes: number = MAX_HEADER_BYTES,
): SafetensorsFile {
  const { entries, metadata, start } = layOut(bytes, bytes.length, sourceName, mostHeaderBytes);
  const tensors = new Map<string, SafeTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    // A copy starts on an aligned address wherever the tensor started in the file.
    const copy = new Uint8Array(bytes.subarray(start + begin, start + end));
    tensors.set(name, { dtype, shape, data: new typedArrays[dtype](copy.buffer) } as SafeTensor);
  }
  return { tensors, metadata };
}

/**
 * Looks whether a file of `size` bytes, which begins with `head`, is well-formed as far as its header says: `head` has to have
 * all of that, if it has no more than {@linkcode FOREIGN_HEADER_BYTES}.
 *
 * @throws {UsageError} naming `sourceName` if it is not
 */
export function checkSafetensors(head: Uint8Array, size: number, sourceName: string): void {
  layOut(head, size, sourceName, FOREIGN_HEADER_BYTES);
}

/** What a header says of a file of `size` bytes: its tensors in the order of their bytes, which fill the file. */
function layOut(head: Uint8Array, size: number, sourceName: string, mostHeaderBytes: number) {
  const fail = (what: string): never => {
    throw new UsageError(`${sourceName} is not a usable safetensors file: ${what}`);
  };
  const { header, start } = readHeader(head, size, mostHeaderBytes, fail);
  const body = size - start;
  const metadata = readMetadata(header[METADATA_KEY], fail);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => ({ name, ...readEntry(name, value, fail) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin < position) fail(`tensor ${quoted(name)} overlaps another`);
    if (begin > position) fail(`no tensor owns the bytes before tensor ${quoted(name)}`);
    if (end > body) {
      fail(`tensor ${quoted(name)} ends at byte ${end} of ${body}, so the file was cut short`);
    }
    position = end;
  }
  if (position !== body) fail(`${body - position} bytes follow the last tensor`);
  return { entries, metadata, start };
}

type Fail = (what: string) => never;

function readHeader(
  bytes: Uint8Array,
  size: number,
  mostBytes: number,
  fail: Fail,
): { header: Record<string, unknown>; start: number } {
  if (size < SIZE_BYTES) return fail(`it has ${size} bytes, fewer than 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > mostBytes) return fail(`its header claims ${declared} bytes`);
  const start = SIZE_BYTES + Number(declared);
  if (start > size) {
    return fail(`its header claims ${declared} bytes and the file has ${size}`);
  }
  const readable = <T>(read: () => T): T => {
    try {
      return read();
    } catch {
      return fail("its header is not JSON");
    }
  };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const text = readable(() => decoder.decode(bytes.subarray(SIZE_BYTES, start)));
  if (isDeeper(text, DEEPEST_HEADER)) return fail("its header is nested too deep");
  const header: unknown = readable(() => JSON.parse(text));
  if (!text.startsWith("{") || !isObject(header)) return fail("its header is not a JSON object");
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) return fail(`its header holds ${quoted(duplicate)} twice`);
  return { header, start };
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) return fail(`"${METADATA_KEY}" is not an object`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") return fail(`its metadata ${quoted(key)} is not a string`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, fail: Fail) {
  if (!isObject(value)) return fail(`tensor ${quoted(name)} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(typedArrays, dtype)) {
    const known = Object.keys(typedArrays).join(", ");
    return fail(
      `tensor ${quoted(name)} has dtype ${quoted(String(dtype))}, expected one of ${known}`,
    );
  }
  if (!isSizes(shape)) return fail(`tensor ${quoted(name)} has no valid shape`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    return fail(`tensor ${quoted(name)} has no valid data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const needed = size(shape) * typedArrays[dtype as Dtype].BYTES_PER_ELEMENT;
  if (end - begin !== needed) {
    return fail(
      `tensor ${quoted(name)} needs ${needed} bytes and its data_offsets span ${end - begin}`,
    );
  }
  return { dtype: dtype as Dtype, shape, begin, end };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
