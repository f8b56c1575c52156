/**
 * Methods with the memory term of one of MemLoss's variants. TRADES with one is MemLoss itself.
 *
 * @module
 */
import { hat } from "./hat.ts";
import { mart } from "./mart.ts";
import type { Method } from "./method.ts";
import { nFgsm } from "./one_step/n_fgsm.ts";
import { fgsmPgi } from "./one_step/fgsm_pgi.ts";
import { pgdAt } from "./pgd_at.ts";
import { standard } from "./standard.ts";
import { trades } from "./trades.ts";
import { v1 } from "./v1.ts";
import { v2 } from "./v2.ts";
import { v3 } from "./v3.ts";

/** What has adversarial examples to remember, and no memory of its own. */
const BASES = [mart, hat, pgdAt, nFgsm] as const;
/** Whose memory terms there are. */
const MEMORIES = [v1, v2, v3] as const;

type Composed = `${typeof BASES[number]["name"]}+${typeof MEMORIES[number]["name"]}`;

/** `base` with the memory term of `of`, with its β' too. What a term needs of the network is passed through it as well. */
export function withMemory<Base extends string, Of extends string>(
  base: Method<Base>,
  of: Method<Of>,
): Method<`${Base}+${Of}`> {
  const { memory, memoryFormula, coefficients: { betaPrime } } = of;
  if (memory === undefined || betaPrime === undefined) {
    throw new TypeError(`${of.name} has no memory term.`);
  }
  const [loss, made = ""] = base.formula.split(/(?=, x' )/); // behind which it says how x' is made
  return {
    ...base,
    name: `${base.name}+${of.name}`,
    summary: `${base.name} and the memory term of ${of.name}`,
    formula: `${loss} + ${memoryFormula}${made}`,
    paper: `${base.paper}; ${of.paper}`,
    coefficients: { ...base.coefficients, betaPrime },
    memory,
    memoryFormula,
  };
}

/** Each base with each memory term. */
export const COMPOSED: readonly Method<Composed>[] = BASES.flatMap((base) =>
  MEMORIES.map((of) => withMemory(base, of))
);

/**
 * What has to be said in place of `name`, to follow "must be", where it puts one of the memory terms on a method that takes
 * none; undefined for any other name.
 */
export function insteadOf(name: string): string | undefined {
  const [base, of, ...rest] = name.split("+");
  if (rest.length > 0 || !MEMORIES.some(({ name }) => name === of)) return undefined;
  if (base === trades.name) {
    return `${of}, which is ${base} with that memory term (--beta ${trades.coefficients.beta} for the β of ${base})`;
  }
  if (base === standard.name) {
    return `a variant that attacks, such as ${pgdAt.name}+${of}, because ${base} has nothing to remember`;
  }
  const own = [...MEMORIES, fgsmPgi].find(({ name }) => name === base);
  return own && `${base} or ${of}, because ${base} has a memory term of its own`;
}
