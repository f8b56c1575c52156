/**
 * A tensor of PyTorch: a view of a storage, whose elements are put in order when somebody asks for them.
 *
 * @module
 */
import { type Dtype, type SafeTensor, typedArrays } from "../../format/safetensors.ts";
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { ELEMENT_BYTES, type TypedStorage } from "./storage.ts";

/** How a view goes through its storage. */
export interface View {
  /** Elements before the first. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Elements between two neighbours, for each dimension. */
  readonly strides: readonly number[];
}

/** How often a file's tensors may show the same bytes, so that many views of one storage cannot take all memory or time. */
export class ViewBudget {
  #shown: number;
  #copied: number;
  readonly #source: string;

  /**
   * @param bytes of the file
   * @param source the file, for error messages
   */
  constructor(bytes: number, source: string) {
    this.#source = source;
    this.#shown = 16 * bytes;
    this.#copied = 2 * bytes;
  }

  /** Takes `bytes` that a tensor shows. Throws a `TypeError` if that is too many. */
  show(bytes: number): void {
    this.#shown -= bytes;
    if (this.#shown < 0) throw new TypeError(TOO_MANY);
  }

  /** Takes `bytes` that are put in another order. Throws a {@linkcode UsageError} if that is too many. */
  copy(bytes: number): void {
    this.#copied -= bytes;
    if (this.#copied < 0) throw new UsageError(`${this.#source} is not usable: ${TOO_MANY}.`);
  }
}

const TOO_MANY = "its tensors show the same bytes far more often than a network needs";

/** Dimensions of the tensors that are read. */
const MOST_DIMENSIONS = 8;

/**
 * The elements of `typed` that `view` sees, row-major.
 *
 * @throws {TypeError} if it sees some that are not there, or the same ones again and again
 */
export function tensorOf(typed: TypedStorage, view: View, budget: ViewBudget): SafeTensor {
  const { offset, shape, strides } = view;
  if (shape.length !== strides.length || shape.length > MOST_DIMENSIONS) {
    throw new TypeError(
      `a tensor has shape [${shape.slice(0, MOST_DIMENSIONS)}] and ${strides.length} strides`,
    );
  }
  const size = shape.reduce((a, b) => a * b, 1);
  const last = shape.reduce((at, length, d) => at + (length - 1) * strides[d]!, offset);
  if (size > typed.length || size > 0 && last >= typed.length || offset > typed.length) {
    throw new TypeError(
      `a tensor of shape [${shape}] reaches beyond its storage ${
        quoted(typed.storage.key)
      } of ${typed.length} elements`,
    );
  }
  budget.show(size * ELEMENT_BYTES[typed.dtype]);
  return new LazyTensor(typed, view, size, budget) as unknown as SafeTensor;
}

class LazyTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly #typed: TypedStorage;
  readonly #view: View;
  readonly #size: number;
  readonly #budget: ViewBudget;
  #data: SafeTensor["data"] | undefined;

  constructor(typed: TypedStorage, view: View, size: number, budget: ViewBudget) {
    this.dtype = typed.dtype;
    this.shape = view.shape;
    this.#typed = typed;
    this.#view = view;
    this.#size = size;
    this.#budget = budget;
  }

  get data(): SafeTensor["data"] {
    return this.#data ??= this.#read();
  }

  #read(): SafeTensor["data"] {
    const { storage, begin, length } = this.#typed, { offset, shape, strides } = this.#view;
    const bytes = storage.aligned();
    const Elements = typedArrays[this.dtype];
    const all = new Elements(bytes.buffer, bytes.byteOffset + begin, length);
    if (isContiguous(shape, strides)) return all.subarray(offset, offset + this.#size);
    this.#budget.copy(this.#size * Elements.BYTES_PER_ELEMENT);
    const data = new Elements(this.#size);
    const index = shape.map(() => 0);
    for (let i = 0, at = offset; i < this.#size; i++) {
      data[i] = all[at]!;
      for (let d = shape.length - 1; d >= 0; d--) {
        at += strides[d]!;
        if (++index[d]! < shape[d]!) break;
        at -= index[d]! * strides[d]!;
        index[d] = 0;
      }
    }
    return data;
  }
}

/** Whether neighbours in row-major order are neighbours in the storage. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== expected) return false;
    expected *= shape[d]!;
  }
  return true;
}
