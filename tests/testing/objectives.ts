/**
 * Methods' losses as they were published.
 *
 * @module
 */
import type { MemoryWeight } from "../../src/method/method.ts";
import { methodOf, type Variant, VARIANTS } from "../../src/method/methods.ts";
import type { Objective } from "../../src/method/objective.ts";

/** The methods that have a file of their own, without those that are made of two. */
export const SINGLE: readonly Variant[] = VARIANTS.filter((name) => !name.includes("+"));

/** Those whose whole steps the fixtures have; the loss of N-FGSM is that of PGD-AT, with a memory term too. */
export const STEPPED: readonly Variant[] = [
  ...SINGLE.filter((name) => name !== "n-fgsm"),
  "mart+v1",
  "hat+v1",
  "pgd-at+v1",
  "pgd-at+v3",
];

/** The published objective of `variant`, with its default weighting unless told otherwise. */
export function published(variant: Variant, memoryWeight?: MemoryWeight): Objective {
  const method = methodOf(variant);
  return { method, coefficients: method.coefficients, memoryWeight };
}
