/**
 * What is evaluated: a run's checkpoint, or a file of weights.
 *
 * @module
 */
import { basename } from "@std/path";
import { createHash } from "node:crypto";
import { UsageError } from "../errors.ts";
import { readWholeFile } from "../disk/files.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import type { Architecture } from "../model/architecture.ts";
import type { ModelState } from "../model/parameters.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { importModel } from "../weights/state_dict.ts";
import {
  type CheckpointLink,
  checkpointPath,
  readCheckpointLink,
  readRunRecord,
} from "./run_folder.ts";

/** A model to evaluate and where it comes from. */
export interface Subject {
  readonly path: string;
  /** `best` or `last` of a run; absent for a file of weights. */
  readonly link?: CheckpointLink;
  /** The run's recipe; absent for a file of weights. */
  readonly recipe?: Recipe;
}

/**
 * Finds what `target` names: a run folder or a safetensors file.
 *
 * @param link which checkpoint of a run; by default the best one, or the last of a run that selected none
 * @throws {UsageError} if `target` is neither, or the run has no such checkpoint
 */
export async function findSubject(
  target: string,
  link: CheckpointLink | undefined,
): Promise<Subject> {
  if (await isFile(target)) {
    if (link === undefined) return { path: target };
    throw new UsageError(
      `--checkpoint ${link} chooses among a run's checkpoints, but ${target} is a file.`,
    );
  }
  const { recipe } = await readRunRecord(target);
  for (const candidate of link ? [link] : ["best", "last"] as const) {
    const name = await readCheckpointLink(target, candidate);
    if (name !== undefined) {
      return { path: checkpointPath(target, name), link: candidate, recipe };
    }
  }
  throw new UsageError(
    link === "best" && recipe.select === "none"
      ? `${target} selected no best checkpoint (--select none): use --checkpoint last.`
      : `${target} has no ${
        link ?? "finished"
      } checkpoint yet: let it train, or continue it with --resume.`,
  );
}

/** Loads the subject's weights to the device. */
export async function loadSubject(
  { path }: Subject,
): Promise<{ architecture: Architecture; state: ModelState }> {
  const { tensors } = decodeSafetensors(await readWholeFile(path), path);
  return importModel(tensors, path);
}

/** SHA-256 of the file at `path`. */
export async function fileDigest(path: string): Promise<string> {
  return createHash("sha256").update(await readWholeFile(path)).digest("hex");
}

/** The subject's file name without its ending. */
export function subjectName({ path }: Subject): string {
  return basename(path, ".safetensors");
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    throw new UsageError(`${path} does not exist: name a run folder or a .safetensors file.`);
  }
}
