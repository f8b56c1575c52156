/**
 * Where published weights come from, as text that stands in the files: nothing in it is about the machine or its folders.
 *
 * @module
 */
import { formatRadius } from "../evaluate/report.ts";
import { sha256 } from "../format/sha256.ts";
import { AUTO_HELPER } from "../recipe/helper_recipe.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { activationMetadata } from "../weights/said_activation.ts";
import { classesMetadata } from "../weights/said_classes.ts";
import { VERSION } from "../run/program_version.ts";
import type { RunRecord } from "../run/run_record.ts";
import type { WeightsSubject } from "../run/subject.ts";

/** What every name of an origin's begins with. */
const PREFIX = "memloss.";
/** What a file of ours is known by. */
export const VERSION_NAME = `${PREFIX}version`;

/** Weights, and the record of the run that trained them. */
export interface PublishedSubject {
  readonly subject: WeightsSubject;
  /** Absent for a file of weights. */
  readonly record?: RunRecord;
  /** Whole epochs of a run that was stopped, or trains on; absent for one that is over. */
  readonly stoppedAfter?: number;
}

/** The origin of what is published, by names that begin with `memloss.`. */
export function originOf(
  { subject, record, stoppedAfter }: PublishedSubject,
): Record<string, string> {
  const { run } = subject;
  const said: Record<string, string> = {
    version: VERSION,
    input: "float32 images [N, C, H, W] in [0, 1], not normalised; three channels are RGB",
    weights_sha256: subject.sha256,
    ...subject.weights && { weights: subject.weights },
  };
  const activation = activationMetadata(subject.activation);
  const classes = classesMetadata(subject.trainedOn?.classes);
  if (run && record) {
    const { threat, data } = run.recipe;
    const recipe = JSON.stringify(publicRecipe(run.recipe));
    Object.assign(said, {
      checkpoint: run.link,
      recipe,
      recipe_sha256: sha256(recipe),
      ...stoppedAfter !== undefined &&
        { trained: `${stoppedAfter} of ${run.recipe.epochs} epochs, not to the end` },
      ...run.recipe.from === undefined ? {} : { began: "with given weights" },
      ...record.helper && { helper_sha256: record.helper.sha256 },
      program_version: record.program.version,
      program_sha256: record.program.digest,
      data,
      data_sha256: record.dataSha256,
      norm: threat.norm,
      epsilon: formatRadius(threat.epsilon),
    });
  }
  const named = Object.entries(said).map(([name, text]) => [PREFIX + name, text] as const);
  return { ...Object.fromEntries(named), ...classes, ...activation };
}

/** `recipe` without where files lie and where its memory's index is kept. */
export function publicRecipe(recipe: Recipe): Omit<Recipe, "dataDir" | "auxData" | "from"> {
  const { dataDir: _data, auxData: _auxiliary, from: _from, memory, ...rest } = recipe;
  if (rest.helper !== AUTO_HELPER) delete rest.helper;
  if (memory === undefined) return rest;
  const { index: _index, ...kept } = memory;
  return { ...rest, memory: kept };
}
