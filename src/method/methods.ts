/**
 * The trainable objectives and what distinguishes them, as plain data: a recipe can be read without loading tfjs.
 *
 * @module
 */

/** What can be trained. */
export const VARIANTS = ["v1", "v2", "v3", "trades", "pgd-at", "standard"] as const;
/** One of {@linkcode VARIANTS}. */
export type Variant = typeof VARIANTS[number];

/** How the memory term weighs its examples. */
export const MEMORY_WEIGHTS = ["complement", "uniform", "misclassified"] as const;
/** One of {@linkcode MEMORY_WEIGHTS}. */
export type MemoryWeight = typeof MEMORY_WEIGHTS[number];

/** Which of a step's three inputs: clean `x`, this step's adversarial `x'`, the memory's `x''`. */
export type Pass = "nat" | "adv" | "mem";

/** What distinguishes one variant from another. */
export interface VariantTraits {
  /** What goes through the network in training mode, in order; `mem` only once the memory holds something. */
  readonly passes: readonly Pass[];
  /** The published coefficients; absent where the objective has none. */
  readonly beta?: number;
  readonly betaPrime?: number;
  /** The memory weightings that are defined for it, the default first. */
  readonly memoryWeights: readonly MemoryWeight[];
}

/** Every variant's traits (method table of the paper; β = 6 for TRADES). */
export const VARIANT_TRAITS: Readonly<Record<Variant, VariantTraits>> = {
  v1: {
    passes: ["nat", "adv", "mem"],
    beta: 3,
    betaPrime: 2,
    memoryWeights: ["complement"],
  },
  v2: {
    passes: ["nat", "adv", "mem"],
    beta: 4,
    betaPrime: 1,
    memoryWeights: ["uniform"],
  },
  v3: {
    passes: ["nat", "adv", "mem"],
    beta: 4,
    betaPrime: 2,
    memoryWeights: ["uniform", "misclassified"],
  },
  trades: { passes: ["nat", "adv"], beta: 6, memoryWeights: [] },
  "pgd-at": { passes: ["adv"], memoryWeights: [] },
  standard: { passes: ["nat"], memoryWeights: [] },
};
