/**
 * What a stage is given, and where it leaves what it found.
 *
 * @module
 */
import { join } from "@std/path";
import { writeFileAtomically } from "../../src/disk/files.ts";
import { formatJson } from "../../src/format/json.ts";
import { FULL, REHEARSAL, type Sizes } from "./sizes.ts";

/** What all stages are given. */
export interface CheckOptions {
  /** Folder of everything that is written. */
  readonly out: string;
  /** Whether everything is tiny, and PyTorch may be on the CPU. */
  readonly rehearse: boolean;
  /** The Python that is asked for PyTorch. */
  readonly python: string;
  /** Folder of real images; synthetic ones unless given. */
  readonly dataDir?: string | undefined;
}

/** What a stage is started with. */
export interface StageContext extends CheckOptions {
  /** After so many seconds it is killed. */
  readonly seconds: number;
}

/** Something that a stage needs and this machine lacks: no failure. */
export class Missing extends Error {}

/** A stage's findings on disk, written anew with each of them: a kill loses nothing that was found. */
export class Notebook {
  readonly #path: string;
  readonly #findings: Record<string, unknown> = {};
  /** When the stage has to be over, as `performance.now()` tells. */
  readonly deadline: number;
  readonly context: StageContext;
  readonly sizes: Sizes;

  constructor(stage: string, context: StageContext) {
    this.#path = findingsPath(context.out, stage);
    this.context = context;
    this.sizes = context.rehearse ? REHEARSAL : FULL;
    this.deadline = performance.now() + 1000 * context.seconds;
  }

  /** Keeps `value` as `name`. A disk that is full stops nothing: what is found is printed as well. */
  async note(name: string, value: unknown): Promise<void> {
    this.#findings[name] = value;
    const text = new TextEncoder().encode(formatJson(this.#findings));
    await writeFileAtomically(this.#path, text)
      .catch((error) => console.log(`"${name}" is not kept: ${error.message}`));
  }

  /** Adds `value` to the list `name`. */
  async add(name: string, value: unknown): Promise<void> {
    const list = this.#findings[name] as unknown[] | undefined ?? [];
    await this.note(name, [...list, value]);
  }

  /** Seconds that are left of the stage. */
  secondsLeft(): number {
    return (this.deadline - performance.now()) / 1000;
  }
}

/** Where the findings of `stage` are. */
export function findingsPath(out: string, stage: string): string {
  return join(out, `${stage}.json`);
}

/** Findings of an earlier stage, or undefined where it left none. */
export async function readFindings(out: string, stage: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(findingsPath(out, stage)));
  } catch {
    return undefined;
  }
}
