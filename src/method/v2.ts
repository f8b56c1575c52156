/**
 * MemLoss V2: TRADES and the divergence of memory examples from the clean ones.
 *
 * @module
 */
import { memoryTerm, type Method } from "./method.ts";
import { trades, tradesAttack } from "./trades.ts";

/** `KL(p(x)‖p(x''))`. */
const uniform = memoryTerm(
  ["nat", "mem"],
  ({ nat, mem }, _, { klDivergence }) => klDivergence(nat, mem),
);

const memoryFormula = "β'·KL(p(x)‖p(x''))";

/** MemLoss V2. */
export const v2: Method<"v2"> = {
  name: "v2",
  summary: "MemLoss: TRADES and the memory's divergence from clean examples",
  formula: `${trades.formula} + ${memoryFormula}`,
  paper: "MemLoss, arXiv 2510.09105",
  coefficients: { beta: 4, betaPrime: 1 },
  attack: tradesAttack,
  terms: trades.terms,
  memoryFormula,
  memory: { uniform },
};
