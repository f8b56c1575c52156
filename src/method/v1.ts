/**
 * MemLoss V1, the paper's main method: TRADES and the divergence of memory examples, each weighed by how far the model is
 * from certain of its label.
 *
 * @module
 */
import { memoryTerm, type Method } from "./method.ts";
import { trades, tradesAttack } from "./trades.ts";

/** Keeps the weight of a memory example from being exactly zero. */
const WEIGHT_FLOOR = 1e-7;

/** `(1.0000001 − p_y(x'')) · KL(p(x)‖p(x''))`; the gradient flows through the weight too. */
const complement = memoryTerm(
  ["nat", "mem"],
  ({ nat, mem }, _, { klDivergence }) => klDivergence(nat, mem),
  ({ mem }, labels, { tf, labelProbability }) =>
    tf.sub(1 + WEIGHT_FLOOR, labelProbability(mem, labels)),
);

const memoryFormula = "β'·mean[(1.0000001 − p_y(x''))·KL(p(x)‖p(x''))]";

/** MemLoss V1. */
export const v1: Method<"v1"> = {
  name: "v1",
  summary: "MemLoss: TRADES and the memory's divergence, weighed by uncertainty",
  formula: `${trades.formula} + ${memoryFormula}`,
  paper: "MemLoss, arXiv 2510.09105",
  coefficients: { beta: 3, betaPrime: 2 },
  attack: tradesAttack,
  terms: trades.terms,
  memoryFormula,
  memory: { complement },
};
