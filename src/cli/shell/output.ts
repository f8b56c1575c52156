/**
 * The two things that the program says: results on stdout, which must arrive, and everything else on stderr, which may be
 * lost. No other file of the program writes to either.
 *
 * @module
 */
import { RunError } from "../../errors.ts";
import { formatJson } from "../../format/json.ts";
import { plainText } from "./plain_text.ts";
import { withCommands } from "./program_name.ts";

/** Milliseconds between two attempts to write to a pipe that is full and does not wait. */
const RETRY_AFTER = 20;

/** Whether the last text got a part of itself to stderr and no more. */
let cut = false;

/** Writes `text` to stderr. What cannot be written (a full disk, a reader that has gone or is slow) is lost, not the work. */
export function writeStderr(text: string): void {
  const bytes = new TextEncoder().encode(cut ? `\n${text}` : text);
  let written = 0;
  try {
    while (written < bytes.length) written += Deno.stderr.writeSync(bytes.subarray(written));
    cut = false;
  } catch {
    cut ||= written > 0;
  }
}

/** Says `text` on stderr as a line of its own, without what a terminal would obey. */
export function printMessage(text: string): void {
  writeStderr(`${plainText(withCommands(text))}\n`);
}

/**
 * Prints `text`, a result, on stdout, without what a terminal would obey; waits for a slow reader.
 *
 * @throws {RunError} if not all of it can be written
 */
export function printResult(text: string): void {
  const bytes = new TextEncoder().encode(plainText(`${text}\n`));
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let written = 0; written < bytes.length;) {
    try {
      written += Deno.stdout.writeSync(bytes.subarray(written));
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) Atomics.wait(clock, 0, 0, RETRY_AFTER);
      else {
        const reason = error instanceof Error ? error.message : String(error);
        throw new RunError(`Could not write the result to stdout: ${reason}.`, { cause: error });
      }
    }
  }
}

/** Prints `report` as one JSON document if `json`, else as `describe` says it. Throws as {@linkcode printResult} does. */
export function printReport<T>(
  report: T,
  { json }: { readonly json?: boolean | undefined },
  describe: (report: T) => string,
): void {
  printResult(json ? formatJson(report) : withCommands(describe(report)));
}
