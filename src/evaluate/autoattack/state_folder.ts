/**
 * Where an unfinished AutoAttack is kept, and under which key: so that the same evaluation continues, and no other one takes
 * over its verdicts.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import type {
  AutoAttackMember,
  AutoAttackVersion,
  Effort,
} from "../../attack/autoattack/versions.ts";
import { loadBatch } from "../../data/batches.ts";
import { valuesPerImage } from "../../data/dataset.ts";
import { describeIoError } from "../../disk/failure.ts";
import { createDirectory } from "../../disk/files.ts";
import { UsageError } from "../../errors.ts";
import { sha256 } from "../../format/sha256.ts";
import { sourceDigest } from "../../run/program_version.ts";
import type { Subject } from "../../run/subject.ts";
import type { EvaluationSettings } from "../evaluate.ts";
import type { InputScaling } from "../tfjs/input_scaling.ts";
import { Journal } from "./journal.ts";

/** Which AutoAttack, and where its state is kept. */
export interface AutoAttackChoice {
  /**
   * Which AutoAttack.
   *
   * @default {"standard"}
   */
  readonly version?: AutoAttackVersion;
  /**
   * What `custom` runs, in this order.
   *
   * @default {none}
   */
  readonly members?: readonly AutoAttackMember[];
  /**
   * What `custom` spends.
   *
   * @default {as published}
   */
  readonly effort?: Partial<Effort>;
  /**
   * Folder for a folder of the unfinished evaluation's own.
   *
   * @default {the run's `eval/`, or beside the weights}
   */
  readonly stateDir?: string;
}

/** The folder that an evaluation of `subject` keeps its state in, as a folder of its own, and how that is called. */
export function statePlace(subject: Subject, stateDir: string | undefined) {
  if (stateDir !== undefined) return { folder: stateDir, prefix: "" };
  const { run, path } = subject;
  return run
    ? { folder: join(run.directory, "eval"), prefix: "" }
    : { folder: dirname(path), prefix: `${basename(path)}.` };
}

/**
 * Makes sure that state can be kept before hours are spent on it.
 *
 * @throws {UsageError} if the folder cannot be written
 */
export async function checkState(subject: Subject, stateDir: string | undefined): Promise<void> {
  const { folder } = statePlace(subject, stateDir);
  const probe = join(folder, `autoattack.probe-${Deno.pid}`);
  try {
    await Deno.mkdir(folder, { recursive: true });
    (await Deno.open(probe, { write: true, createNew: true })).close();
    await Deno.remove(probe);
  } catch (error) {
    const advice = stateDir === undefined ? "name a folder with --state-dir" : "name another";
    throw new UsageError(
      `${
        stateDir === undefined ? "" : "--state-dir: "
      }AutoAttack keeps its state in ${folder}, which cannot be written (${
        describeIoError(error)
      }): ${advice}.`,
      { cause: error },
    );
  }
}

/**
 * Opens the state of this evaluation, of which nothing may be there yet.
 *
 * @param input what a model from elsewhere takes for the images
 * @throws {UsageError} if another process has it open, or something else lies in its place
 * @throws {RunError} if the disk fails
 */
export async function openState(
  subject: Subject,
  settings: EvaluationSettings,
  choice: AutoAttackChoice,
  input?: InputScaling,
): Promise<Journal> {
  const key = await stateKey(subject, settings, choice, input);
  const { stateDir } = choice;
  const { folder, prefix } = statePlace(subject, stateDir);
  await createDirectory(folder);
  const directory = join(folder, `${prefix}autoattack-${key.slice(0, 12)}.state`);
  return await Journal.open(directory, key, valuesPerImage(settings.dataset.shape));
}

/** Digest of everything that can change a verdict. */
async function stateKey(
  { sha256: checkpoint, weights, ...subject }: Subject,
  { dataset, ids, seed, attack, backend }: EvaluationSettings,
  { version = "standard", members, effort }: AutoAttackChoice,
  input: InputScaling | undefined,
): Promise<string> {
  const { x, y } = loadBatch(dataset, ids);
  const images = sha256(new Uint8Array(x.buffer), y);
  const { name, adapter } = backend;
  const program = await sourceDigest();
  const activation = "activation" in subject ? subject.activation : undefined;
  const given = {
    checkpoint,
    ...weights && { weights },
    ...activation && { activation },
    ...{ images, input },
  };
  const settings = { program, ...given, seed, attack, version, members, effort, name, adapter };
  return sha256(JSON.stringify(settings));
}
