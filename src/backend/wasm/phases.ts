/**
 * What threads are told to compute: phases. A phase is a list of kernel calls over slices that are independent of each
 * other; all threads end it before any begins the next.
 *
 * @module
 */
import type { Heap } from "./heap.ts";

/** An argument of a kernel: an integer, an address or a flag; or a float32. */
export type Word = number | boolean | { readonly real: number };

/** One kernel with its arguments, which its AssemblyScript source documents as "Words". */
export interface Call {
  readonly kernel: string;
  readonly words: readonly Word[];
}

/** Calls made one after another for each slice; slices run in any order, on any thread. */
export interface Phase {
  readonly calls: readonly Call[];
  readonly slices: number;
  /** How many examples a slice is, where it reads and writes these examples alone. */
  readonly examples?: number;
}

/** A phase of one call. */
export function phase(slices: number, kernel: string, words: readonly Word[]): Phase {
  return { slices, calls: [{ kernel, words }] };
}

/**
 * Fewer phases that compute the same: neighbours whose slices are the same examples become one, in which a thread takes
 * an example through all calls while a cache holds it, and nobody waits in between.
 */
export function fuse(phases: readonly Phase[]): Phase[] {
  const fused: Phase[] = [];
  for (const next of phases) {
    const last = fused.at(-1);
    const same = last?.examples !== undefined && last.examples === next.examples &&
      last.slices === next.slices;
    if (same) fused[fused.length - 1] = { ...last, calls: [...last.calls, ...next.calls] };
    else fused.push(next);
  }
  return fused;
}

/** Room for the largest program: a network's forward and backward passes are a few thousand words. */
const PROGRAM_BYTES = 1 << 18;

/**
 * Writes programs where threads read them. A program is `[phases]`, then per phase `[slices, calls]` and per call
 * `[kernel, address of its words]`, all int32.
 */
export class ProgramWriter {
  readonly address: number;
  readonly #heap: Heap;
  readonly #kernels: ReadonlyMap<string, number>;

  /** @param kernels the kernels' names, in the order of their numbers */
  constructor(heap: Heap, kernels: readonly string[]) {
    this.#heap = heap;
    this.#kernels = new Map(kernels.map((name, index) => [name, index]));
    this.address = heap.allocate(PROGRAM_BYTES);
  }

  /** Replaces the program before. */
  write(phases: readonly Phase[]): void {
    const view = new DataView(this.#heap.memory.buffer, this.address, PROGRAM_BYTES);
    let words = 4 * phases.reduce((sum, { calls }) => sum + 2 + 2 * calls.length, 1);
    let at = 0;
    const put = (value: number) => {
      view.setInt32(at, value, true);
      at += 4;
    };
    put(phases.length);
    for (const { slices, calls } of phases) {
      put(slices);
      put(calls.length);
      for (const call of calls) {
        put(this.#kernels.get(call.kernel)!);
        put(this.address + words);
        for (const word of call.words) {
          if (typeof word === "object") view.setFloat32(words, word.real, true);
          else view.setInt32(words, Number(word), true);
          words += 4;
        }
      }
    }
  }
}
