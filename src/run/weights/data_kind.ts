/**
 * What is known of a run's images without reading them.
 *
 * @module
 */
import { isFound } from "../../data/sets/definition.ts";
import { findSet } from "../../data/sets/sets.ts";
import type { RunRecord } from "../run_record.ts";
import type { DataKind } from "./architecture.ts";

/** Classes and size of the images of a run: as its record says, or for a data set that is always the same as that says. */
export function dataKindOf({ recipe, data }: Pick<RunRecord, "recipe" | "data">): DataKind {
  const set = findSet(recipe.data);
  return isFound(set) ? data! : set;
}
