/**
 * The helper of a run of HAT: a network that labels its helper examples and is never trained. The run keeps a copy.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { describeShape, type ImageShape } from "../../data/dataset.ts";
import { RunError, UsageError } from "../../errors.ts";
import { exists } from "../../disk/regular.ts";
import { decodeSafetensors } from "../../format/safetensors.ts";
import type { Architecture } from "../../model/architecture.ts";
import { withActivation } from "../../model/architectures/architectures.ts";
import type { ModelState } from "../../model/parameters.ts";
import { AUTO_HELPER } from "../../recipe/helper_recipe.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { adoptNetwork } from "../../weights/foreign/adopt.ts";
import { importState } from "../../weights/state_dict.ts";
import { readCommittedCheckpoints } from "../checkpoints.ts";
import { helperPath, helperRunPath, readRunRecord, stoppedAfter } from "../folder/files.ts";
import type { RunRecord } from "../run_record.ts";
import { readWeightsSubject } from "../subject.ts";
import { givenWeights, type InitialWeights, readInitialWeights } from "./initial_weights.ts";

/** Weights that are given to a run as its helper's. */
export interface HelperWeights extends InitialWeights {
  /** Names of the classes that it was trained on, in label order, where it is from a run, or the file says them. */
  readonly classes?: readonly string[];
  /** Size of the images that it was trained on, where the run that it is from says it. */
  readonly shape?: ImageShape;
}

/** A helper on the device. */
export interface Helper {
  readonly architecture: Architecture;
  readonly state: ModelState;
}

/**
 * Reads the helper that `target` names: a run folder, whose best or last checkpoint it is then, or a file of weights. Where
 * there is an average of the weights, that is the helper, as it is what is evaluated.
 *
 * @throws {UsageError} if there is no network that is known
 * @throws {RunError} if it cannot be read
 */
export async function readHelper(target: string): Promise<HelperWeights> {
  const subject = await readWeightsSubject(target, undefined);
  const { path, sha256, tensors, activation, notes = [], trainedOn, run } = subject;
  const { architecture, ...network } = adoptNetwork(tensors, path);
  const weights = givenWeights({
    ...{ path, sha256, ...network, notes },
    architecture: withActivation(architecture, activation),
  });
  const { classes, shape } = trainedOn ?? {};
  const ofRun = run ? await notesOnRun(run.directory, run.recipe) : [];
  const told = [...weights.notes, ...ofRun];
  return { ...weights, notes: told, ...classes && { classes }, ...shape && { shape } };
}

/** What is said of a run as a helper's: HAT's is one that was trained, to its end, without an adversary. */
async function notesOnRun(directory: string, { variant, epochs, attack }: Recipe) {
  const stopped = await stoppedAfter(directory);
  return [
    ...attack
      ? [`It was trained with an adversary (${variant}); HAT's helper is one that was not.`]
      : [],
    ...stopped === undefined ? [] : [`Its run has made only ${stopped} of ${epochs} epochs.`],
  ];
}

/** What is to be known of `helper` where it labels images of `shape`, in sentences. */
export function notesOnHelper({ notes, shape: own }: HelperWeights, shape: ImageShape): string[] {
  const [trained, now] = [own ?? shape, shape].map(describeShape);
  return trained === now
    ? [...notes]
    : [...notes, `It was trained on images of ${trained}, not ${now}.`];
}

/**
 * The helper of the run in `directory`, from its copy, or from where it came from if that is not there: a run may be killed
 * before it has one; undefined if it has no helper, or has not trained its own yet.
 *
 * @throws {UsageError} if it is not what the run was started with
 */
export async function keptHelper(
  directory: string,
  { helper, recipe }: Pick<RunRecord, "helper" | "recipe">,
): Promise<HelperWeights | undefined> {
  if (helper === undefined) return undefined;
  const copy = helperPath(directory);
  const kept = await exists(copy)
    ? await readInitialWeights(copy)
    : await readHelper(recipe.helper === AUTO_HELPER ? helperRunPath(directory) : recipe.helper!);
  if (kept.record.copySha256 === helper.copySha256) return { ...kept, record: helper };
  throw new UsageError(
    `${kept.path} is not the helper that the run was started with: restore it from a copy, or start a new run.`,
  );
}

/**
 * How the run was started whose checkpoint is the helper of the run in `directory`: where that was, or beside the run, if both
 * were moved; undefined if the helper is not from another run, or that is nowhere to be found.
 */
export async function findHelperRun(
  directory: string,
  { helper, recipe }: Pick<RunRecord, "helper" | "recipe">,
): Promise<RunRecord | undefined> {
  if (helper === undefined || recipe.helper === undefined) return undefined;
  if (recipe.helper === AUTO_HELPER) return undefined; // which follows from the run's own recipe
  const said = [recipe.helper, dirname(dirname(recipe.helper))]; // a run, or a file in its checkpoints/
  const beside = said.map((path) => join(dirname(directory), basename(path)));
  for (const place of [...said, ...beside]) {
    try {
      const { last, best, epochs = [] } = await readCommittedCheckpoints(place) ?? {};
      const digests = [last?.sha256, best?.sha256, ...epochs.map(({ checkpoint }) => checkpoint)];
      if (digests.includes(helper.sha256)) return await readRunRecord(place);
    } catch (error) {
      if (!(error instanceof RunError || error instanceof UsageError)) throw error;
    }
  }
  return undefined;
}

/** The helper on the device. */
export function loadHelper({ architecture, bytes, path }: HelperWeights): Helper {
  const { tensors } = decodeSafetensors(bytes, path);
  return { architecture, state: importState(tensors, architecture, path) };
}
