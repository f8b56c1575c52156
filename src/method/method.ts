/**
 * What a training method is: its loss terms, its coefficients, its attack. Functions are handed the arithmetic they are
 * written in, so that a recipe can be read without loading tfjs.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor1D, Tensor2D } from "../backend/tensor.ts";
import type * as perExample from "./divergence.ts";

/**
 * A step's inputs, in the order in which they pass the network: `x`, this step's `x'`, HAT's helper examples `x + 2(x' − x)`, the
 * memory's `x''`.
 */
export const PASSES = ["nat", "adv", "help", "mem"] as const;
/** One of {@linkcode PASSES}. */
export type Pass = typeof PASSES[number];

/** What a term can be multiplied by: β, β' and γ. */
export const COEFFICIENTS = ["beta", "betaPrime", "gamma"] as const;
/** One of {@linkcode COEFFICIENTS}. */
export type Coefficient = typeof COEFFICIENTS[number];
/** Values of the coefficients that a method has. */
export type Coefficients = { readonly [C in Coefficient]?: number };

/** How the memory term can weigh its examples. */
export const MEMORY_WEIGHTS = ["complement", "uniform", "misclassified"] as const;
/** One of {@linkcode MEMORY_WEIGHTS}. */
export type MemoryWeight = typeof MEMORY_WEIGHTS[number];

/** What terms are written in: tfjs's operations, and the losses that have kernels of their own. */
export type Arithmetic = typeof perExample & { readonly tf: typeof tf };

/** One summand of a loss. It is left out as long as one of the passes it looks at is not made. */
export interface Term<P extends Pass = Pass> {
  /** Its name in the run's log. */
  readonly name: string;
  /**
   * What it is multiplied by.
   *
   * @default {nothing}
   */
  readonly coefficient?: Coefficient;
  /** The passes that it looks at. */
  readonly passes: readonly P[];
  /**
   * Whose labels it is handed: those that the run's helper gives `x'`.
   *
   * @default {the data set's}
   */
  readonly labels?: "helper";
  /**
   * What its value is multiplied by for every example, `[N]`, in [0,1] but for rounding; gradients flow through it. A
   * run logs how these weights are distributed, see {@linkcode weighedTerm}.
   *
   * @default {nothing}
   */
  readonly weight?: PerExample<P>;
  /** Its value for every example, `[N]`. */
  readonly value: PerExample<P>;
}

/**
 * A number for every example, `[N]`.
 *
 * @param logits `[N,C]` of the passes that a term looks at; with `mem` among them, all are of the examples with a memory
 * @param labels one-hot `[N,C]` of the same examples
 */
export type PerExample<P extends Pass = Pass> = (
  logits: Readonly<Record<P, Tensor2D>>,
  labels: Tensor2D,
  arithmetic: Arithmetic,
) => Tensor1D;

/** How a method makes `x'`. */
export interface MethodAttack {
  /** Uniformly in the ball, or at `x + 0.001 · N(0,1)`. */
  readonly start: "uniform" | "gaussian";
  /** What it maximises unless a recipe says otherwise: `KL(p(x)‖p(x'))` or `CE(f(x'), y)`. */
  readonly loss: "kl" | "ce";
  /**
   * Where it is set, `x'` is one step of ε from a start in a ball of so many ε, and nothing is projected: it may be as far from
   * `x` as start and step together.
   *
   * @default {ten steps, projected to the ball of ε}
   */
  readonly noise?: number;
  /**
   * Where it is set, `x'` is one step of ε from the image's memory example, from the noise of `start` in the first epoch and
   * every `reset` epochs, unless a recipe says otherwise; and whatever it is made from, terms look at as the memory's `x''`.
   *
   * @default {none}
   */
  readonly prior?: { readonly reset: number };
}

/** What can be trained. */
export interface Method<Name extends string = string> {
  /** What `--variant` calls it. */
  readonly name: Name;
  /** One line for the help. */
  readonly summary: string;
  /** The loss, for people. */
  readonly formula: string;
  /** Where it was published. */
  readonly paper: string;
  /** The published coefficients: one for each that its terms are multiplied by. */
  readonly coefficients: Coefficients;
  /** Absent where nothing is attacked. */
  readonly attack?: MethodAttack;
  /** The loss is their sum, each a mean over the batch. */
  readonly terms: readonly Term[];
  /** One more term, by how it weighs memory examples, the default first; absent where there is no memory. */
  readonly memory?: { readonly [W in MemoryWeight]?: Term };
  /** That term, for people; absent where there is no memory. */
  readonly memoryFormula?: string;
}

/** A term of `method`'s loss that looks at memory examples, multiplied by β' and, for each example, by `weight`. */
export function memoryTerm<P extends Pass>(
  passes: readonly P[],
  value: PerExample<P>,
  weight?: PerExample<P>,
): Term<P> {
  return { name: "memory", coefficient: "betaPrime", passes, value, ...weight && { weight } };
}

/** The memory weights that are defined for `method`, the default first. */
export function memoryWeights({ memory = {} }: Method): MemoryWeight[] {
  return Object.keys(memory) as MemoryWeight[];
}

/** The terms of `method`, with its memory term under `weight` or the default one. */
export function termsOf(method: Method, weight = memoryWeights(method)[0]): readonly Term[] {
  const ofMemory = weight && method.memory?.[weight];
  return ofMemory ? [...method.terms, ofMemory] : method.terms;
}

/** Which of `terms` a run logs the weights of: that of the memory before the method's own. */
export function weighedTerm(terms: readonly Term[]): Term | undefined {
  return terms.findLast(({ weight }) => weight);
}

/** Whether the attack of `method` is a single step of ε, unless a recipe says otherwise. */
export function takesOneStep({ attack }: Method): boolean {
  return attack?.noise !== undefined || attack?.prior !== undefined;
}

/** Whether training `method` takes a helper's network. */
export function needsHelper(method: Method): boolean {
  return method.terms.some(({ labels }) => labels === "helper");
}

/**
 * What goes through the network in training mode, in order: what the terms look at that are not left out.
 *
 * @param there whether a pass can be made, which every one can unless told: `mem` only once the memory holds something
 */
export function passesOf(method: Method, there: (pass: Pass) => boolean = () => true): Pass[] {
  const terms = termsOf(method).filter(({ passes }) => passes.every(there));
  return PASSES.filter((pass) => terms.some(({ passes }) => passes.includes(pass)));
}
