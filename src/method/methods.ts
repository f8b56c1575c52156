/**
 * The methods there are. A new one is a file beside this one and a row here.
 *
 * @module
 */
import { COMPOSED } from "./composed.ts";
import { fgsmPgi } from "./one_step/fgsm_pgi.ts";
import { hat } from "./hat.ts";
import { mart } from "./mart.ts";
import { type Method, passesOf, termsOf } from "./method.ts";
import { nFgsm } from "./one_step/n_fgsm.ts";
import { pgdAt } from "./pgd_at.ts";
import { standard } from "./standard.ts";
import { trades } from "./trades.ts";
import { v1 } from "./v1.ts";
import { v2 } from "./v2.ts";
import { v3 } from "./v3.ts";

/** All of them; the first is what is trained unless told otherwise. */
export const METHODS = [
  v1,
  v2,
  v3,
  trades,
  mart,
  hat,
  pgdAt,
  nFgsm,
  fgsmPgi,
  standard,
  ...COMPOSED,
] as const;

/** What `--variant` accepts. */
export type Variant = typeof METHODS[number]["name"];

/** The names of the methods. */
export const VARIANTS = METHODS.map(({ name }) => name) as [Variant, ...Variant[]];

const byName = Object.fromEntries(METHODS.map((method) => [method.name, method])) as Readonly<
  Record<Variant, Method>
>;

/**
 * The method called `name`.
 *
 * @example
 * ```ts
 * import { methodOf } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * assert.deepEqual(methodOf("v1").coefficients, { beta: 3, betaPrime: 2 });
 * ```
 */
export function methodOf(name: Variant): Method {
  return byName[name];
}

/** The names of the methods that take memory examples. */
export const MEMORY_VARIANTS: readonly Variant[] = VARIANTS.filter((name) =>
  passesOf(byName[name]).includes("mem")
);

/**
 * The terms that a table of `method`'s epochs has columns for: its own after those of MemLoss, which every table has, so
 * that tables of different methods can be laid side by side.
 */
export function tableTerms(method: Method): string[] {
  return [...new Set([...termsOf(v1), ...termsOf(method)].map(({ name }) => name))];
}
