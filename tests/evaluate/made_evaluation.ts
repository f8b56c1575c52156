/**
 * An evaluation that nothing was computed for.
 *
 * @module
 */
import type { EvaluationSettings } from "../../src/evaluate/evaluate.ts";
import type { Recipe, RecipeInput } from "../../src/recipe/recipe.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import type { Subject } from "../../src/run/subject.ts";

/** Stands for the SHA-256 of its images. */
export const DIGEST = "0123456789abcdef".repeat(4);

/** A run in `directory`, its recipe, and an evaluation of it on one image. */
export function madeEvaluation(
  directory: string,
  data: RecipeInput["data"],
): [Subject, Recipe, EvaluationSettings] {
  const recipe = resolveRecipe({ variant: "v1", data });
  const run = { directory, link: "last", recipe } as const;
  const settings = {
    dataset: { classes: ["only"], labels: Uint8Array.of(0) },
    ids: Uint32Array.of(0),
    attack: recipe.threat,
    backend: { name: "wasm", adapter: "none" },
  } as unknown as EvaluationSettings;
  return [{ path: "last.safetensors", sha256: "", tensors: new Map(), run }, recipe, settings];
}
