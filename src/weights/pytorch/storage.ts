/**
 * PyTorch's storages, the bytes that tensors are views of, and the types that they are named by.
 *
 * @module
 */
import { quoted } from "../../format/quoted.ts";
import { type Dtype, typedArrays } from "../../format/safetensors.ts";

/** The types of PyTorch by the names of their storages, `torch.NAMEStorage`. */
export const STORAGE_TYPES: Readonly<Record<string, Dtype>> = {
  Double: "F64",
  Float: "F32",
  Half: "F16",
  BFloat16: "BF16",
  Long: "I64",
  Int: "I32",
  Short: "I16",
  Char: "I8",
  Byte: "U8",
  Bool: "BOOL",
};

/** The types by their own names, `torch.NAME`. */
export const TORCH_TYPES: Readonly<Record<string, Dtype>> = {
  ...{ float64: "F64", float32: "F32", float16: "F16", bfloat16: "BF16" },
  ...{ int64: "I64", int32: "I32", int16: "I16", int8: "I8", uint8: "U8", bool: "BOOL" },
};

/** Bytes of an element. */
export const ELEMENT_BYTES = Object.fromEntries(
  Object.entries(typedArrays).map(([dtype, { BYTES_PER_ELEMENT }]) => [dtype, BYTES_PER_ELEMENT]),
) as Readonly<Record<Dtype, number>>;

/** A storage, whose bytes may come later than the tensors that view them. */
export class Storage {
  /** What it is called in the file. */
  readonly key: string;
  /** Bytes that it must have. */
  readonly size: number;
  #bytes: Uint8Array | undefined;

  /** @param size bytes that it must have */
  constructor(key: string, size: number) {
    this.key = key;
    this.size = size;
  }

  /** Gives it its bytes. Throws a `TypeError` if they are not as many as was said. */
  fill(bytes: Uint8Array): void {
    if (bytes.length !== this.size) {
      throw new TypeError(
        `storage ${
          quoted(this.key)
        } has ${bytes.length} bytes, and its tensors are told of ${this.size}`,
      );
    }
    this.#bytes = bytes;
  }

  /** Whether it has its bytes. */
  get isFilled(): boolean {
    return this.#bytes !== undefined;
  }

  /** Its bytes from an address that any type can be read at: copied once, if they lie at another. */
  aligned(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes!;
    if (bytes.byteOffset % 8 !== 0) this.#bytes = bytes.slice();
    return this.#bytes as Uint8Array<ArrayBuffer>;
  }
}

/** A storage and the type that its elements are read in. */
export interface TypedStorage {
  readonly storage: Storage;
  readonly dtype: Dtype;
  /** Byte at which it begins in the storage. */
  readonly begin: number;
  /** Elements. */
  readonly length: number;
}
