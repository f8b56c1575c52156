/**
 * The PyTorch process that a benchmark runs against: it makes a step when it is asked to, and sleeps in between.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { RunError, UsageError } from "../../src/errors.ts";
import type { StepSeconds } from "./v1_step.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("../bench_vs_pytorch.py", import.meta.url));

/** What PyTorch is told before the first step. */
export interface PyTorchSettings {
  readonly width: number;
  readonly batchSize: number;
  readonly threads: number;
  /** Steps in each memory format before the faster one is chosen. */
  readonly warmup: number;
}

/** What PyTorch says before the first step. */
export interface PyTorchStart {
  readonly version: string;
  /** Median seconds per step by memory format; the fastest one is used. */
  readonly formats: Readonly<Record<string, number>>;
}

/** PyTorch's side of the benchmark. */
export class PyTorch {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;

  /** @throws {UsageError} if this machine has no Python where Debian puts it */
  constructor() {
    const command = new Deno.Command(PYTHON, {
      args: ["-B", SCRIPT],
      stdin: "piped",
      stdout: "piped",
    });
    try {
      this.#process = command.spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new UsageError(`${PYTHON} does not exist: install python3-torch.`);
    }
    this.#input = this.#process.stdin.getWriter();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Makes the model and chooses its memory format. */
  start(settings: PyTorchSettings): Promise<PyTorchStart> {
    return this.#ask(settings);
  }

  /** One V1 step. */
  step(): Promise<StepSeconds> {
    return this.#ask({});
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {}); // it may have ended by itself
    await this.#process.status;
  }

  async #ask<T>(question: object): Promise<T> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
    const { value, done } = await this.#lines.next();
    if (done) throw new RunError("PyTorch's process ended: what it reported stands above.");
    return JSON.parse(value);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
