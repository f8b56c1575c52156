/**
 * NumPy's arrays and scalars as they stand in pickles: the bytes where they are, and what they mean.
 *
 * @module
 */
import { latin1 } from "./builtins.ts";
import { type Buildable, count, type Global, type Globals, items, string } from "./values.ts";

/** Bytes of an element by kind and size: `f4` and the like, as NumPy writes them behind the byte order. */
const ELEMENT = /^([biufSUV])(\d{1,4})$/;

/** Dimensions that NumPy allows. */
const MOST_DIMENSIONS = 64;

/** `numpy.dtype`. */
export class NumpyType implements Buildable {
  /** Such as `f4`; the size in bytes is {@linkcode bytes}. */
  readonly code: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Whether the first byte of an element is its most significant. */
  bigEndian = false;

  /** @param text such as `f4` or `<f4` */
  constructor(text: string) {
    const [, kind, size] = ELEMENT.exec(text.replace(/^[<>|=]/, "")) ?? [];
    if (kind === undefined) throw new TypeError("an array is of a type that has no fixed size");
    this.code = `${kind}${size}`;
    this.bytes = Number(size) * (kind === "U" ? 4 : 1);
    this.bigEndian = text.startsWith(">");
  }

  setState(state: unknown): void {
    const order = items(state)[1];
    this.bigEndian = order === ">";
  }
}

/** `numpy.ndarray`: row-major, unless it is Fortran's order. */
export class NumpyArray implements Buildable {
  shape: readonly number[] = [];
  dtype: NumpyType | undefined;
  fortran = false;
  bytes: Uint8Array = new Uint8Array();

  /** `(version, shape, dtype, is Fortran's order, bytes)`, as `ndarray.__reduce__` has it. */
  setState(state: unknown): void {
    const [, shape, dtype, fortran, bytes] = items(state);
    if (!(dtype instanceof NumpyType)) throw new TypeError("an array has no type");
    const raw = typeof bytes === "string" ? latin1(bytes) : bytes;
    if (!(raw instanceof Uint8Array)) throw new TypeError("an array holds objects");
    this.#set(items(shape).map(count), dtype, fortran === true, raw);
  }

  /** @throws {TypeError} if `bytes` are not all of an array of `shape` */
  #set(shape: readonly number[], dtype: NumpyType, fortran: boolean, bytes: Uint8Array): this {
    if (shape.length > MOST_DIMENSIONS) throw new TypeError("an array has too many dimensions");
    if (shape.reduce((a, b) => a * b, dtype.bytes) !== bytes.length) {
      throw new TypeError(`an array of [${shape.slice(0, 8)}] has ${bytes.length} bytes`);
    }
    Object.assign(this, { shape, dtype, fortran, bytes });
    return this;
  }

  /** What protocol 5 calls. */
  static of(bytes: unknown, dtype: unknown, shape: unknown, order: unknown): NumpyArray {
    if (!(dtype instanceof NumpyType)) throw new TypeError("an array has no type");
    if (!(bytes instanceof Uint8Array)) throw new TypeError("an array has no bytes");
    return new NumpyArray().#set(items(shape).map(count), dtype, order === "F", bytes);
  }
}

/** A value of one element: a number where it is one, else an array of no dimensions. */
function scalar(dtype: unknown, value: unknown): unknown {
  if (!(dtype instanceof NumpyType)) throw new TypeError("a scalar has no type");
  const bytes = typeof value === "string" ? latin1(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length !== dtype.bytes) {
    throw new TypeError("a scalar has other bytes than its type");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !dtype.bigEndian;
  switch (dtype.code) {
    case "f8":
      return view.getFloat64(0, little);
    case "f4":
      return view.getFloat32(0, little);
    case "f2":
      return view.getFloat16(0, little);
    case "i8":
      return view.getBigInt64(0, little);
    case "i4":
      return view.getInt32(0, little);
    case "b1":
      return bytes[0] !== 0;
    default:
      return NumpyArray.of(bytes, dtype, [], "C");
  }
}

const reconstruct: Global = { call: () => new NumpyArray() };
const fromBuffer: Global = {
  call: ([bytes, dtype, shape, order]) => NumpyArray.of(bytes, dtype, shape, order),
};

/** Arrays, scalars and their types, under the names of NumPy before and since version 2. */
export const NUMPY: Globals = new Map<string, Global>([
  ["numpy.dtype", { call: ([code]) => new NumpyType(string(code)) }],
  ["numpy.ndarray", {}],
  ...["numpy.core", "numpy._core"].flatMap((core): [string, Global][] => [
    [`${core}.multiarray.scalar`, { call: ([dtype, value]) => scalar(dtype, value) }],
    [`${core}.multiarray._reconstruct`, reconstruct],
    [`${core}.numeric._frombuffer`, fromBuffer],
  ]),
]);
