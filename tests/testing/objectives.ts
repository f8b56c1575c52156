/**
 * Methods' losses as they were published.
 *
 * @module
 */
import type { MemoryWeight } from "../../src/method/method.ts";
import { methodOf, type Variant } from "../../src/method/methods.ts";
import type { Objective } from "../../src/method/objective.ts";

/** The published objective of `variant`, with its default weighting unless told otherwise. */
export function published(variant: Variant, memoryWeight?: MemoryWeight): Objective {
  const method = methodOf(variant);
  return { method, coefficients: method.coefficients, memoryWeight };
}
