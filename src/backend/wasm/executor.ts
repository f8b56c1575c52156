/**
 * How one thread takes part in a program. Every thread runs this same code.
 *
 * @module
 */

/** What a thread needs; workers get it as a message. */
export interface ExecutorInput {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The kernels' names, in the order of their numbers. */
  readonly kernels: readonly string[];
  /** Address of the control words, see {@linkcode Control}. */
  readonly control: number;
  /** Address of the program, see `ProgramWriter`. */
  readonly program: number;
  /** Address of this thread's scratch. */
  readonly scratch: number;
  readonly threads: number;
}

/** The int32 words that threads synchronise by. */
export const Control = {
  /** Programs started so far; workers wait here for the next. */
  started: 0,
  /** Phases finished since the start, over all programs; threads wait here for the next. Wraps around. */
  finished: 1,
  /** Threads that have run out of slices, over all phases since the start. Wraps around. */
  arrived: 2,
  /** The next slice of this phase that nobody has taken. */
  next: 3,
  /** Not zero once a kernel has trapped. */
  failed: 4,
  /** Not zero when workers are to end. */
  closed: 5,
  words: 6,
} as const;

/**
 * Makes the function that takes part in the program in memory and returns when all of it is done.
 *
 * Workers get this function as text: it must not use anything outside itself.
 */
export function makeExecutor(input: ExecutorInput): () => void {
  /** Reads of a word before a thread goes to sleep over it: longer than most waits last. */
  const SPINS = 4_000;
  const { memory, module, threads, scratch } = input;
  type Kernel = (args: number, slice: number, scratch: number) => void;
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const kernels = input.kernels.map((name) => exports[name] as unknown as Kernel);
  let buffer = memory.buffer;
  let words = new Int32Array(buffer);
  let done = 0; // phases since the start, the same in every thread
  const control = input.control >> 2, program = input.program >> 2;
  const finished = control + 1, arrived = control + 2, next = control + 3, failed = control + 4;

  function waitWhile(index: number, value: number): void {
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(words, index) !== value) return;
    while (Atomics.load(words, index) === value) Atomics.wait(words, index, value);
  }

  function runSlices(slices: number, calls: number, at: number): void {
    for (;;) {
      const slice = Atomics.add(words, next, 1);
      if (slice >= slices) return;
      for (let call = 0; call < calls; call++) {
        kernels[words[at + 2 * call]!]!(words[at + 2 * call + 1]! >>> 0, slice, scratch);
      }
    }
  }

  return () => {
    if (memory.buffer !== buffer) words = new Int32Array(buffer = memory.buffer);
    const phases = words[program]!;
    let at = program + 1;
    for (let phase = 0; phase < phases; phase++) {
      const slices = words[at]!, calls = words[at + 1]!;
      try {
        runSlices(slices, calls, at + 2);
      } catch {
        Atomics.store(words, failed, 1);
      }
      at += 2 + 2 * calls;
      // The last thread to arrive, when nobody takes slices any more, lets the others go on.
      const before = done;
      done = (done + 1) | 0;
      if (((Atomics.add(words, arrived, 1) + 1) | 0) === Math.imul(threads, done)) {
        Atomics.store(words, next, 0);
        Atomics.store(words, finished, done);
        Atomics.notify(words, finished);
      } else waitWhile(finished, before);
    }
  };
}
