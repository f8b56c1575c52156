/**
 * Methods with the memory term of one of MemLoss's variants. TRADES with one is MemLoss itself.
 *
 * @module
 */
import { hat } from "./hat.ts";
import { mart } from "./mart.ts";
import type { Method } from "./method.ts";
import { v1 } from "./v1.ts";
import { v2 } from "./v2.ts";
import { v3 } from "./v3.ts";

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

/** MART with V1's memory term. */
export const martV1: Method<"mart+v1"> = withMemory(mart, v1);
/** MART with V2's memory term. */
export const martV2: Method<"mart+v2"> = withMemory(mart, v2);
/** MART with V3's memory term. */
export const martV3: Method<"mart+v3"> = withMemory(mart, v3);
/** HAT with V1's memory term. */
export const hatV1: Method<"hat+v1"> = withMemory(hat, v1);
/** HAT with V2's memory term. */
export const hatV2: Method<"hat+v2"> = withMemory(hat, v2);
/** HAT with V3's memory term. */
export const hatV3: Method<"hat+v3"> = withMemory(hat, v3);
