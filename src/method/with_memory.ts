/**
 * The memory term of one of MemLoss's variants on the loss of any method that attacks.
 *
 * @module
 */
import type { Method } from "./method.ts";

/** `base` with the memory term of `of`, with its β' too. What a term needs of the network is passed through it as well. */
export function withMemory<Base extends string, Of extends string>(
  base: Method<Base>,
  of: Method<Of>,
): Method<`${Base}+${Of}`> {
  const { memory, memoryFormula, coefficients: { betaPrime } } = of;
  if (memory === undefined || betaPrime === undefined) {
    throw new TypeError(`${of.name} has no memory term.`);
  }
  return {
    ...base,
    name: `${base.name}+${of.name}`,
    summary: `${base.name} and the memory term of ${of.name}`,
    formula: `${base.formula} + ${memoryFormula}`,
    paper: `${base.paper}; ${of.paper}`,
    coefficients: { ...base.coefficients, betaPrime },
    memory,
    memoryFormula,
  };
}
