/** MATLAB's files of version 5, made by hand: in both byte orders, plain and packed, and as nobody should make them. */
import { deflateSync } from "node:zlib";

/** A variable of a file. */
export interface MadeVariable {
  readonly name: string;
  readonly shape: readonly number[];
  /** Type of the element that has its numbers, such as 2 for bytes; and how `DataView` writes one of it. */
  readonly type?: number;
  readonly values: ArrayLike<number>;
  /** The variable's class, 9 for bytes unless given, with flags above it. */
  readonly flags?: number;
}

export interface MadeMat {
  readonly big?: boolean;
  readonly packed?: boolean;
}

const WRITERS: Readonly<Record<number, [bytes: number, write: keyof DataView]>> = {
  1: [1, "setInt8"],
  2: [1, "setUint8"],
  3: [2, "setInt16"],
  4: [2, "setUint16"],
  5: [4, "setInt32"],
  6: [4, "setUint32"],
  7: [4, "setFloat32"],
  9: [8, "setFloat64"],
  12: [8, "setBigInt64"],
  13: [8, "setBigUint64"],
};

/** One element: small where it fits into its tag, as MATLAB writes it. */
export function element(type: number, content: Uint8Array, big = false, small = true): number[] {
  const tag = new DataView(new ArrayBuffer(8));
  if (small && content.length > 0 && content.length <= 4) {
    tag.setUint32(0, content.length << 16 | type, !big);
    content.forEach((byte, i) => tag.setUint8(4 + i, byte));
    return [...new Uint8Array(tag.buffer)];
  }
  tag.setUint32(0, type, !big);
  tag.setUint32(4, content.length, !big);
  const padding = new Array(-content.length & 7).fill(0);
  return [...new Uint8Array(tag.buffer), ...content, ...padding];
}

function numbers(type: number, values: ArrayLike<number>, big: boolean): Uint8Array {
  const [bytes, write] = WRITERS[type]!;
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  const put = view[write] as (at: number, value: number | bigint, little: boolean) => void;
  Array.from(values, (value, i) => {
    put.call(view, i * bytes, type === 12 || type === 13 ? BigInt(value) : value, !big);
  });
  return new Uint8Array(view.buffer);
}

/** What follows the tag of a variable. */
export function matrix(variable: MadeVariable, big = false): Uint8Array {
  const { name, shape, type = 2, values, flags = 9 } = variable;
  return Uint8Array.from([
    ...element(6, numbers(6, [flags, 0], big), big),
    ...element(5, numbers(5, shape, big), big),
    ...element(1, new TextEncoder().encode(name), big),
    ...element(type, numbers(type, values, big), big),
  ]);
}

/** A file's header. */
export function matHeader(big = false): number[] {
  const header = new Uint8Array(128).fill(32);
  header.set(new TextEncoder().encode("MATLAB 5.0 MAT-file, made by hand"));
  header.fill(0, 116, 124);
  header.set(big ? [1, 0, 0x4d, 0x49] : [0, 1, 0x49, 0x4d], 124);
  return [...header];
}

/** A file of `variables`. */
export function madeMat(
  variables: readonly MadeVariable[],
  { big = false, packed = false }: MadeMat = {},
): Uint8Array<ArrayBuffer> {
  const elements = variables.map((variable) => {
    const content = Uint8Array.from(element(14, matrix(variable, big), big));
    if (!packed) return content;
    const deflated = deflateSync(content);
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, 15, !big);
    head.setUint32(4, deflated.length, !big);
    return Uint8Array.from([...new Uint8Array(head.buffer), ...deflated]);
  });
  return Uint8Array.from([matHeader(big), ...elements].flatMap((part) => [...part]));
}
