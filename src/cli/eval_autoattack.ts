/**
 * AutoAttack for `memloss eval`: its state on disk, its lines and its progress.
 *
 * @module
 */
import { join } from "@std/path";
import { createHash } from "node:crypto";
import type { AutoAttackMember, AutoAttackVersion } from "../attack/autoattack/versions.ts";
import { loadBatch } from "../data/batches.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { autoAttack, type AutoAttackResult } from "../evaluate/autoattack.ts";
import type { EvaluationSettings } from "../evaluate/evaluate.ts";
import { Journal } from "../evaluate/journal.ts";
import { createDirectory } from "../disk/files.ts";
import type { FrozenModel } from "../model/frozen.ts";
import { sourceDigest } from "../run/program_version.ts";
import { fileDigest, type Subject } from "../run/subject.ts";
import { formatBar, formatDuration, type StatusLine } from "./shell/terminal.ts";

/** What the flags said. */
export interface AutoAttackFlags {
  readonly version: AutoAttackVersion;
  readonly members?: readonly AutoAttackMember[] | undefined;
  readonly stateDir?: string | undefined;
}

/** An evaluation that is done but whose state is kept until its result is safe. */
export interface FinishedAutoAttack {
  readonly result: AutoAttackResult;
  /** N images, NHWC. */
  readonly adversarial: Float32Array;
  /** Removes the state. */
  finish(): Promise<void>;
}

/**
 * Runs AutoAttack, or goes on where the same evaluation stopped. Throws as {@linkcode autoAttack} does.
 *
 * @param target what the command was given: a run folder or a file
 */
export async function runAutoAttack(
  target: string,
  subject: Subject,
  model: FrozenModel,
  settings: EvaluationSettings,
  status: StatusLine,
  { version, members, stateDir }: AutoAttackFlags,
): Promise<FinishedAutoAttack> {
  const key = await stateKey(subject, settings, version, members);
  if (stateDir === undefined && subject.recipe) await createDirectory(join(target, "eval"));
  const name = `autoattack-${key.slice(0, 12)}.state`;
  const directory = stateDir ??
    (subject.recipe ? join(target, "eval", name) : `${subject.path}.${name}`);
  const journal = await Journal.open(directory, key, valuesPerImage(settings.dataset.shape));
  const pace = new Pace();
  const { onProgress: _onProgress, ...rest } = settings;
  try {
    const finished = await autoAttack(model.logits, {
      ...rest,
      version,
      ...members && { members },
      journal,
      onLine: (line) => status.print(line),
      onProgress: (member, { done, of, broken, share }) => {
        const left = pace.left(member, share);
        const bar = `${member} ${formatBar(share)} ${(100 * share).toFixed(0).padStart(3)} %`;
        status.update(
          `${bar}  ${done} of ${of} images, ${broken} broken${left}`,
          `${bar}${left}`,
        );
      },
    });
    return { ...finished, finish: () => journal.remove() };
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** How long a member will still take, from how long its share so far took. */
class Pace {
  #member: AutoAttackMember | undefined;
  #since = 0;
  #from = 0;

  left(member: AutoAttackMember, share: number): string {
    const now = performance.now();
    if (member !== this.#member) {
      this.#member = member;
      this.#since = now;
      this.#from = share;
    }
    if (share === this.#from) return "";
    const seconds = (now - this.#since) / 1000 * (1 - share) / (share - this.#from);
    return `, ${formatDuration(seconds)} left`;
  }
}

/** Digest of everything that can change a verdict. */
async function stateKey(
  { path }: Subject,
  { dataset, ids, seed, attack, backend }: EvaluationSettings,
  version: AutoAttackVersion,
  members: readonly AutoAttackMember[] | undefined,
): Promise<string> {
  const { x, y } = loadBatch(dataset, ids);
  const images = createHash("sha256").update(new Uint8Array(x.buffer)).update(y).digest("hex");
  const { name, adapter } = backend;
  const checkpoint = await fileDigest(path);
  const program = await sourceDigest();
  const settings = { program, checkpoint, images, seed, attack, version, members, name, adapter };
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex");
}
