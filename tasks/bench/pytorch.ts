/**
 * The PyTorch process that a benchmark runs against: it works when it is asked to, and sleeps in between.
 *
 * @module
 */
import { RunError, UsageError } from "../../src/errors.ts";

/** Where Debian puts it. */
const PYTHON = "/usr/bin/python3";

/** PyTorch's side of the benchmark. */
export class PyTorch {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;

  /**
   * Starts the file `script`, which answers every line of JSON with one.
   *
   * @throws {UsageError} if there is no such Python
   */
  constructor(script: string, python: string = PYTHON) {
    const command = new Deno.Command(python, {
      args: ["-B", script],
      stdin: "piped",
      stdout: "piped",
    });
    try {
      this.#process = command.spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new UsageError(`${python} does not exist: install python3-torch.`);
    }
    this.#input = this.#process.stdin.getWriter();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#input.close().catch(() => {}); // it may have ended by itself
    await this.#process.status;
  }

  /** Asks `question` and waits for the answer, which must be a `T`. */
  async ask<T>(question: object): Promise<T> {
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
