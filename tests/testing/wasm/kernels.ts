/**
 * The CPU engine's kernels on one thread and a memory of their own, without the engine around them.
 *
 * @module
 */
import { kernelBytes } from "../../../src/backend/wasm/binaries.ts";

/** An argument of a kernel: an integer or address, or a float32. */
type Word = number | { readonly real: number };
type Kernel = (args: number, slice: number, scratch: number) => void;

/** Bytes of scratch that a kernel may use, as the engine gives it. */
export const SCRATCH_BYTES = 8 << 20;
/** Written around and behind every array: a kernel that writes beyond its own is caught. */
const GUARD = -12345.5;
const GUARD_VALUES = 32;

/** A memory with kernels on it. */
export class KernelBench {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Record<string, Kernel>;
  readonly #scratch: number;
  readonly #arrays: { readonly address: number; readonly length: number }[] = [];
  #next = 1024;

  /** @param build `relaxed` or `strict`: which rounding */
  constructor(build: "relaxed" | "strict" = "relaxed", megabytes = 256) {
    this.#memory = new WebAssembly.Memory({ initial: megabytes * 16 });
    const module = new WebAssembly.Module(kernelBytes(`${build}-unshared`));
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
    });
    this.#exports = instance.exports as unknown as Record<string, Kernel>;
    this.#scratch = this.#allocate(SCRATCH_BYTES);
  }

  #allocate(bytes: number): number {
    const address = this.#next;
    this.#next = (address + bytes + 63) & ~63;
    if (this.#next > this.#memory.buffer.byteLength) throw new Error("The bench's memory is full.");
    return address;
  }

  /** The address of `values`, or of that many undefined (NaN) values, between guards. */
  array(values: ArrayLike<number> | number): number {
    const length = typeof values === "number" ? values : values.length;
    const guarded = this.#allocate((length + 2 * GUARD_VALUES) * 4);
    const view = new Float32Array(this.#memory.buffer, guarded, length + 2 * GUARD_VALUES);
    view.fill(GUARD);
    const address = guarded + GUARD_VALUES * 4;
    if (typeof values === "number") view.fill(NaN, GUARD_VALUES, GUARD_VALUES + length);
    else view.set(values, GUARD_VALUES);
    this.#arrays.push({ address, length });
    return address;
  }

  /** A copy of the `length` float32 values at `address`. */
  read(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length).slice();
  }

  /**
   * Runs `kernel` for slices `0` to `slices − 1`, in `order` if given.
   *
   * @throws {Error} if it wrote outside the arrays
   */
  run(kernel: string, words: readonly Word[], slices: number, order?: readonly number[]): void {
    const args = this.#allocate(words.length * 4);
    const view = new DataView(this.#memory.buffer, args);
    words.forEach((word, i) =>
      typeof word === "number"
        ? view.setInt32(4 * i, word, true)
        : view.setFloat32(4 * i, word.real, true)
    );
    for (const slice of order ?? Array(slices).keys()) {
      this.#exports[kernel]!(args, slice, this.#scratch);
    }
    for (const { address, length } of this.#arrays) {
      const bytes = this.#memory.buffer;
      const before = new Float32Array(bytes, address - GUARD_VALUES * 4, GUARD_VALUES);
      const behind = new Float32Array(bytes, address + length * 4, GUARD_VALUES);
      if (before.every((v) => v === GUARD) && behind.every((v) => v === GUARD)) continue;
      throw new Error(`${kernel} wrote outside an array of ${length} values.`);
    }
  }
}
