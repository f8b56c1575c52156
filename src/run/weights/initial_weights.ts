/**
 * The weights that a run begins with where they are given: a copy in its folder, so that it never needs their file again.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { readIfThere, writeFileAtomically } from "../../disk/files.ts";
import { exists } from "../../disk/regular.ts";
import { advised } from "../../format/command_line.ts";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "../../format/safetensors.ts";
import { sha256 } from "../../format/sha256.ts";
import type { ActivationName, Architecture, ModelConfig } from "../../model/architecture.ts";
import { type ArchitectureName, identify } from "../../model/architectures/architectures.ts";
import type { ModelState } from "../../model/parameters.ts";
import type { RecipeInput } from "../../recipe/recipe.ts";
import { namesFile, NO_FILE } from "../../recipe/training_fields.ts";
import { noteAverage, shapesOf, withoutOptimiser } from "../../weights/account.ts";
import { activationMetadata } from "../../weights/said_activation.ts";
import { readNetwork, type WeightsFile } from "../../weights/file/read.ts";
import type { Adopted } from "../../weights/foreign/adopt.ts";
import { importState } from "../../weights/state_dict.ts";
import { checkpointFolder } from "../checkpoints.ts";
import { initialWeightsPath, recipePath } from "../folder/files.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { RunRecord } from "../run_record.ts";

/** Given weights, and what they are the weights of. */
export interface InitialWeights {
  /** The file that they are from. */
  readonly path: string;
  readonly architecture: Architecture;
  readonly name: ArchitectureName;
  readonly config: Required<ModelConfig>;
  /** The bytes of the copy. */
  readonly bytes: Uint8Array;
  /** What `recipe.json` says of them. */
  readonly record: NonNullable<RunRecord["from"]>;
  /** What was done to them, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the network in the file at `path`; what an optimiser kept beside it is left out, and said of an average.
 *
 * @param activation its nonlinearity, where the file does not say that
 * @throws {UsageError} if there is none that is known, or it is a folder
 * @throws {RunError} if the file cannot be read
 */
export async function readInitialWeights(
  path: string,
  activation?: ActivationName,
): Promise<InitialWeights> {
  await refuseFolder(path);
  const network = await readNetwork(path, undefined, activation), given = givenWeights(network);
  const averaged = noteAverage(network.tensors, path, (key) => {
    const out = "average.safetensors";
    const importing = advised("weights", "import", path, "--key", key, "--out", out);
    return `${importing} takes that, for --from ${out}`;
  });
  return { ...given, notes: [...given.notes, ...averaged] };
}

/** Refuses a folder: of a run's checkpoints, one has to be named. What cannot be seen is left to the reading. */
async function refuseFolder(path: string): Promise<void> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (!found?.isDirectory) return;
  throw new UsageError(
    await exists(recipePath(path))
      ? `${path} is the folder of a run: name a file in ${
        checkpointFolder(path)
      }, or the one that ${
        advised("weights", "export", path, "--format", "torch", "--out", "weights.pt")
      } makes.`
      : `${path} is a folder: name a file of weights.`,
  );
}

/** What a run is given by the network in a file; what an optimiser kept beside it is left out. */
export function givenWeights(
  { path, sha256: digest, architecture, tensors, notes }:
    & Adopted
    & Pick<WeightsFile, "path" | "sha256">,
): InitialWeights {
  const own = withoutOptimiser(tensors), said = activationMetadata(architecture.activation);
  const bytes = encodeSafetensors(own, { format: "pt", ...said });
  const { name, config } = identify(shapesOf(own))!;
  const normalised = architecture.normalisation !== undefined;
  const record = { sha256: digest, copySha256: sha256(bytes), normalised };
  return { path, architecture, name, config, bytes, record, notes };
}

/**
 * Reads the weights that `recipe` begins with, if it names any; the recipe has their network and width then.
 *
 * @throws {UsageError} if it has another network, and as {@linkcode readInitialWeights}
 * @throws {RunError} if they cannot be read
 */
export async function beginningOf(
  recipe: RecipeInput,
): Promise<{ readonly initial?: InitialWeights; readonly recipe: RecipeInput }> {
  const { from, activation } = recipe;
  if (!namesFile(from)) return { recipe };
  const initial = await readInitialWeights(from, activation);
  return { initial, recipe: withNetwork(recipe, initial) };
}

function withNetwork(
  recipe: RecipeInput,
  { path, name: model, config: { width }, architecture: { activation } }: InitialWeights,
): RecipeInput {
  const network = { model, width, ...activation && { activation } };
  const refused = (flag: string, other: unknown, has: string, own: unknown) =>
    new UsageError(
      `--${flag} ${other} is not that of --from ${path}, which ${has} ${own}: leave it out, ` +
        `or, if a --recipe says either, give --${flag} ${own} or --from ${NO_FILE}.`,
    );
  const { model: asked = model, width: wide = width } = recipe;
  if (asked !== model) throw refused("model", asked, "is", model);
  if (wide !== width) throw refused("width", wide, "has", width);
  return { ...recipe, ...network };
}

/**
 * The weights that the run in `directory` was given, from its copy; undefined if it was given none.
 *
 * @throws {UsageError} if the copy is missing or damaged
 */
export async function keptInitialWeights(
  directory: string,
  { from }: RunRecord,
): Promise<InitialWeights | undefined> {
  if (from === undefined) return undefined;
  const path = initialWeightsPath(directory), kept = await readInitialWeights(path);
  if (kept.record.copySha256 === from.copySha256) return { ...kept, record: from };
  throw new UsageError(
    `${path} is not what the run was started from: restore it from a copy, or start a new run.`,
  );
}

/** Puts the copy of given weights at `path` in the run's `folder`. Throws a `RunError` if that fails; a new run is taken back then. */
export async function keepCopy(
  folder: RunFolder,
  path: string,
  { bytes }: InitialWeights,
): Promise<void> {
  try {
    await writeFileAtomically(path, bytes);
  } catch (error) {
    if (folder.isNew) await folder.withdraw();
    throw error;
  }
}

/**
 * The model that the run in `directory` begins with, from its copy; or from the file itself where the run was killed before
 * it had one, which is made now.
 *
 * @throws {UsageError} if the copy is damaged, or the file is not there any more or another
 * @throws {RunError} if the copy cannot be written
 */
export async function loadInitialWeights(
  directory: string,
  { from, recipe }: Pick<RunRecord, "recipe"> & { from: NonNullable<RunRecord["from"]> },
  architecture: Architecture,
): Promise<ModelState> {
  const path = initialWeightsPath(directory), copy = await readIfThere(path);
  const bytes = copy ?? (await readInitialWeights(recipe.from!, recipe.activation)).bytes;
  if (sha256(bytes) !== from.copySha256) {
    throw new UsageError(
      `${
        copy ? path : recipe.from
      } is not what the run was started from: restore it from a copy, or start a new run.`,
    );
  }
  if (copy === undefined) await writeFileAtomically(path, bytes);
  const tensors: ReadonlyMap<string, SafeTensor> = decodeSafetensors(bytes, path).tensors;
  return importState(tensors, architecture, path);
}
