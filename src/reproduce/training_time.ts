/**
 * How long a run took, and how fast it was, from its log.
 *
 * @module
 */
import { join } from "@std/path";
import { readWholeFile } from "../disk/files.ts";
import { RunError } from "../errors.ts";

/** The lines of a run's log, as far as they are whole; none if it has no log. */
async function readLog(runDir: string): Promise<{ kind?: string; [field: string]: unknown }[]> {
  let text: string;
  try {
    text = new TextDecoder().decode(await readWholeFile(join(runDir, "metrics.jsonl")));
  } catch (error) {
    if (error instanceof RunError && error.cause instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return []; // the empty end, or a line torn by a crash
    }
  });
}

/** Seconds that the epochs of the run in `runDir` took; what an interruption lost is not in them. */
export async function readTrainingTime(runDir: string): Promise<number> {
  const epochs = (await readLog(runDir)).filter(({ kind }) => kind === "epoch");
  return epochs.reduce((sum, { seconds }) => sum + Number(seconds), 0);
}

/** Images per second of the last step that the run in `runDir` took; undefined if it took none. */
export async function readTrainingSpeed(runDir: string): Promise<number | undefined> {
  const last = (await readLog(runDir)).findLast(({ kind }) => kind === "step");
  return last && Number(last.imagesPerSecond);
}
