/**
 * Arrays of numbers from MATLAB's files of version 5, as MATLAB 5 to 7 and SciPy write them.
 *
 * What is not asked for is passed over: of a packed variable no more than its name is unpacked.
 *
 * @see https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
 * @module
 */
import { UsageError } from "../../errors.ts";
import { Inflater } from "../zip/inflate.ts";
import { quoted } from "../quoted.ts";

const HEADER_BYTES = 128, TAG_BYTES = 8;
/** Types of elements: two kinds of variable, and what a variable's description is made of. */
const MATRIX = 14, COMPRESSED = 15, INT8 = 1, INT32 = 5, UINT32 = 6;
/** Numbers by the type of their element. */
const NUMBERS: Readonly<Record<number, { bytes: number; read: keyof DataView }>> = {
  1: { bytes: 1, read: "getInt8" },
  2: { bytes: 1, read: "getUint8" },
  3: { bytes: 2, read: "getInt16" },
  4: { bytes: 2, read: "getUint16" },
  5: { bytes: 4, read: "getInt32" },
  6: { bytes: 4, read: "getUint32" },
  7: { bytes: 4, read: "getFloat32" },
  9: { bytes: 8, read: "getFloat64" },
  12: { bytes: 8, read: "getBigInt64" },
  13: { bytes: 8, read: "getBigUint64" },
};
const UINT8 = 2;
/** Classes of variables that hold numbers, from `double` to `uint64`; and whether they are complex. */
const FIRST_CLASS = 6, LAST_CLASS = 15, COMPLEX = 0x0800;

/** Bytes of the largest array and of an element that describes one, dimensions, and variables of a file. */
const MOST_BYTES = 2 ** 30, MOST_DESCRIBING = 256, MOST_DIMENSIONS = 8, MOST_VARIABLES = 1000;
/** Numbers of the largest array that is no bytes: each becomes a double. */
const MOST_NUMBERS = 2 ** 24;

/** An array of numbers. */
export interface MatArray {
  /** Two dimensions or more. */
  readonly shape: readonly number[];
  /** Its numbers, the first index first; bytes where the file has bytes. */
  readonly values: Uint8Array | Float64Array;
}

/**
 * The variables of the file `bytes` that are called `names`; the map has all of them.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if one is missing or no array of numbers, or the file is damaged, of another version, or made to cost memory
 */
export async function readMat(
  bytes: Uint8Array<ArrayBuffer>,
  names: readonly string[],
  source: string,
): Promise<ReadonlyMap<string, MatArray>> {
  try {
    return await new MatFile(bytes).read(names);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UsageError(
      `${source} is not a usable MATLAB file of version 5: ${error.message}; fetch or copy it again.`,
    );
  }
}

/** Where bytes come from, in their order. */
interface Input {
  take(length: number): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

class MatFile {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #little: boolean;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
    if (text(0, 10) === "MATLAB 7.3" || text(1, 4) === "HDF") {
      throw new TypeError("it is of version 7.3, which is HDF5, and must be saved with -v7");
    }
    const order = text(126, 128);
    if (order !== "IM" && order !== "MI") throw new TypeError("its header is missing");
    this.#bytes = bytes;
    this.#little = order === "IM";
  }

  async read(names: readonly string[]): Promise<Map<string, MatArray>> {
    const found = new Map<string, MatArray>(), bytes = this.#bytes;
    let at = HEADER_BYTES;
    for (let n = 0; at < bytes.length && found.size < names.length; n++) {
      if (n === MOST_VARIABLES) {
        throw new TypeError(`it has more than ${MOST_VARIABLES} variables`);
      }
      const { type, size } = readTag(this.#view(at, TAG_BYTES), this.#little);
      at += TAG_BYTES;
      if (size > bytes.length - at) throw new TypeError("it was cut short");
      const content = bytes.subarray(at, at += size);
      const variable = type === COMPRESSED
        ? await this.#unpacked(content, names)
        : await this.#matrix(type, size, inputOf(content), names);
      if (variable && found.has(variable.name)) {
        throw new TypeError(`it has ${quoted(variable.name)} twice`);
      }
      if (variable) found.set(variable.name, variable.array);
    }
    const missing = names.find((name) => !found.has(name));
    if (missing !== undefined) throw new TypeError(`it has no variable ${quoted(missing)}`);
    return found;
  }

  async #unpacked(packed: Uint8Array<ArrayBuffer>, names: readonly string[]) {
    const inflater = new Inflater(packed);
    try {
      const tag = await inflater.take(TAG_BYTES);
      const { type, size } = readTag(viewOf(tag), this.#little);
      const variable = await this.#matrix(type, size, inflater, names);
      if (variable) await inflater.end();
      return variable;
    } finally {
      await inflater.cancel();
    }
  }

  /** The variable of `size` bytes that `input` begins with, if it is one of `names`. */
  async #matrix(type: number, size: number, input: Input, names: readonly string[]) {
    if (type !== MATRIX) throw new TypeError(`an element of type ${type} is no variable`);
    const elements = new Elements(input, size, this.#little);
    const flags = (await elements.next(describing(UINT32))).numbers()[0] ?? 0;
    const shape = [...(await elements.next(describing(INT32))).numbers()];
    const name = String.fromCharCode(...(await elements.next(describing(INT8))).bytes);
    if (!names.includes(name)) return undefined;
    const kind = flags & 0xff;
    if (kind < FIRST_CLASS || kind > LAST_CLASS || (flags & COMPLEX) !== 0) {
      throw new TypeError(`${quoted(name)} is no array of real numbers`);
    }
    if (shape.length < 2 || shape.length > MOST_DIMENSIONS || shape.some((n) => n < 0)) {
      throw new TypeError(`${quoted(name)} has the shape [${shape.slice(0, MOST_DIMENSIONS)}]`);
    }
    const element = await elements.next((type, size) => {
      const length = size / kindOf(type).bytes;
      if (length !== shape.reduce((a, b) => a * b, 1)) {
        throw new TypeError(`${quoted(name)} of [${shape}] has ${length} numbers`);
      }
      if (type !== UINT8 && length > MOST_NUMBERS) {
        throw new TypeError(`${quoted(name)} has more than ${MOST_NUMBERS} numbers, and no bytes`);
      }
    });
    const values = element.type === UINT8 ? element.bytes : element.numbers();
    await elements.end();
    return { name, array: { shape, values } };
  }

  #view(at: number, length: number): DataView<ArrayBuffer> {
    if (at + length > this.#bytes.length) throw new TypeError("it was cut short");
    return viewOf(this.#bytes.subarray(at, at + length));
  }
}

/** The elements of one variable. */
class Elements {
  readonly #input: Input;
  readonly #little: boolean;
  #left: number;

  constructor(input: Input, size: number, little: boolean) {
    if (size > MOST_BYTES) throw new TypeError(`a variable claims ${size} bytes`);
    this.#input = input;
    this.#left = size;
    this.#little = little;
  }

  /** The next one, if `check` throws nothing: nothing of it has been read then. */
  async next(check: (type: number, size: number) => void): Promise<Element> {
    const tag = await this.#take(TAG_BYTES), element = readTag(viewOf(tag), this.#little);
    check(element.type, element.size);
    if (element.isSmall) {
      return new Element(element.type, tag.subarray(4, 4 + element.size), this.#little);
    }
    const bytes = await this.#take(element.size);
    await this.#take(Math.min(-element.size & 7, this.#left)); // up to the next multiple of 8
    return new Element(element.type, bytes, this.#little);
  }

  /** Throws a `TypeError` if something is left. */
  async end(): Promise<void> {
    if (this.#left > 7) throw new TypeError("a variable has more elements than numbers need");
    await this.#take(this.#left);
  }

  async #take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.#left) throw new TypeError("an element reaches beyond its variable");
    this.#left -= length;
    return await this.#input.take(length);
  }
}

class Element {
  constructor(
    readonly type: number,
    readonly bytes: Uint8Array<ArrayBuffer>,
    readonly little: boolean,
  ) {}

  /** Its numbers, as far as a double can say them. */
  numbers(): Float64Array {
    const view = viewOf(this.bytes), { bytes, read } = kindOf(this.type);
    if (view.byteLength % bytes !== 0) throw new TypeError("an element has a part of a number");
    const one = view[read] as (at: number, little: boolean) => number | bigint;
    return Float64Array.from(
      { length: view.byteLength / bytes },
      (_, i) => Number(one.call(view, i * bytes, this.little)),
    );
  }
}

/** How numbers of `type` are read. */
function kindOf(type: number) {
  const kind = NUMBERS[type];
  if (kind === undefined) throw new TypeError(`an element of type ${type} is no numbers`);
  return kind;
}

/** Checks that an element which describes a variable is of the type that it must be of, and short. */
function describing(expected: number) {
  return (type: number, size: number) => {
    if (type === expected && size <= MOST_DESCRIBING) return;
    throw new TypeError(
      `a variable is described by an element of type ${type} and ${size} bytes`,
    );
  };
}

/** An element's type and size; a small one has its bytes where the size would stand. */
function readTag(view: DataView, little: boolean) {
  const first = view.getUint32(0, little), small = first >>> 16;
  if (small > 4) throw new TypeError(`a small element claims ${small} bytes`);
  return small > 0
    ? { type: first & 0xffff, size: small, isSmall: true }
    : { type: first, size: view.getUint32(4, little), isSmall: false };
}

function inputOf(bytes: Uint8Array<ArrayBuffer>): Input {
  let at = 0;
  return { take: (length) => bytes.subarray(at, at += length) };
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
