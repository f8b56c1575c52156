/**
 * The threads that run programs: the calling one and a worker for every other.
 *
 * @module
 */
import { RunError } from "../../errors.ts";
import type { KernelBinary } from "./binaries.ts";
import { Control, type ExecutorInput, makeExecutor } from "./executor.ts";
import type { Heap } from "./heap.ts";
import { type Phase, ProgramWriter } from "./phases.ts";

/** Bytes that a kernel may use as it likes, per thread. */
export const SCRATCH_BYTES = 8 << 20;

/**
 * A worker's whole program. It is made of the executor's text, not loaded from a file: a bundled program has no file
 * beside it.
 */
function workerSource(): string {
  return `onmessage = ({ data }) => {
    const execute = (${makeExecutor})(data);
    const words = new Int32Array(data.memory.buffer);
    const started = (data.control >> 2) + ${Control.started};
    const closed = (data.control >> 2) + ${Control.closed};
    const work = () => {
      for (let program = 0;; program++) {
        for (let spin = 0; spin < 20000; spin++) if (Atomics.load(words, started) !== program) break;
        while (Atomics.load(words, started) === program) Atomics.wait(words, started, program);
        if (Atomics.load(words, closed) !== 0) break;
        execute();
      }
      close();
    };
    postMessage("ready");
    setTimeout(work); // the message leaves when the event loop turns
  };`;
}

/** Threads on one memory. */
export class Crew {
  readonly threads: number;
  readonly #heap: Heap;
  readonly #control: number;
  readonly #writer: ProgramWriter;
  readonly #execute: () => void;

  private constructor(heap: Heap, input: ExecutorInput, writer: ProgramWriter) {
    this.threads = input.threads;
    this.#writer = writer;
    this.#heap = heap;
    this.#control = input.control >> 2;
    this.#execute = makeExecutor(input);
  }

  /**
   * Starts `threads − 1` workers on `heap`'s memory.
   *
   * @throws {RunError} if a worker does not start
   */
  static async start(heap: Heap, binary: KernelBinary, threads: number): Promise<Crew> {
    const { module, shared } = binary;
    const kernels = WebAssembly.Module.exports(module)
      .filter(({ kind }) => kind === "function").map(({ name }) => name);
    const control = heap.allocate(4 * Control.words);
    const writer = new ProgramWriter(heap, kernels);
    const scratch = Array.from({ length: threads }, () => heap.allocate(SCRATCH_BYTES));
    new Int32Array(heap.memory.buffer, control, Control.words).fill(0);
    const common = { memory: heap.memory, module, kernels, control, threads };
    const inputs = scratch.map((address): ExecutorInput => ({
      ...common,
      program: writer.address,
      scratch: address,
    }));
    if (shared) await Promise.all(inputs.slice(1).map(startWorker));
    return new Crew(heap, inputs[0]!, writer);
  }

  /**
   * Runs `phases` to their end on all threads.
   *
   * @throws {RunError} if a kernel traps
   */
  run(phases: readonly Phase[]): void {
    this.#writer.write(phases);
    const words = this.#words(), control = this.#control;
    if (this.threads > 1) {
      Atomics.add(words, control + Control.started, 1);
      Atomics.notify(words, control + Control.started);
    }
    this.#execute();
    if (Atomics.exchange(words, control + Control.failed, 0) !== 0) {
      throw new RunError("A kernel of the CPU engine failed: please report this.");
    }
  }

  /** Ends the workers. */
  close(): void {
    const words = this.#words(), control = this.#control;
    Atomics.store(words, control + Control.closed, 1);
    Atomics.add(words, control + Control.started, 1);
    Atomics.notify(words, control + Control.started);
  }

  /** The memory as it is now: one that is not shared moves when it grows. */
  #words(): Int32Array {
    return new Int32Array(this.#heap.memory.buffer);
  }
}

/** Resolves when the worker waits for its first program. */
async function startWorker(input: ExecutorInput): Promise<void> {
  // Not a blob: compiled programs could not load one before Deno 2.8.2.
  const url = `data:text/javascript,${encodeURIComponent(workerSource())}`;
  const worker = new Worker(url, { type: "module", name: "memloss" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new RunError(`A worker of the CPU engine did not start: ${event.message}`));
    };
    worker.postMessage(input);
  });
}
