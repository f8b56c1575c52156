/**
 * MemLoss V3: TRADES and the divergence of this step's adversarial examples from the memory's.
 *
 * @module
 */
import { memoryTerm, type Method } from "./method.ts";
import { trades, tradesAttack } from "./trades.ts";

/** Keeps the weight of a memory example that is classified correctly from being exactly zero. */
const WEIGHT_FLOOR = 1e-7;

/** `KL(p(x'')‖p(x'))`. */
const uniform = memoryTerm(
  ["adv", "mem"],
  ({ adv, mem }, _, { klDivergence }) => klDivergence(mem, adv),
);

/** The same for those memory examples that are misclassified: `(1e-7 + 1[argmax p(x'') ≠ y]) · KL(p(x'')‖p(x'))`. */
const misclassified = memoryTerm(
  ["adv", "mem"],
  ({ adv, mem }, _, { klDivergence }) => klDivergence(mem, adv),
  ({ mem }, labels, { tf, misclassified }) => tf.add(misclassified(mem, labels), WEIGHT_FLOOR),
);

const memoryFormula = "β'·KL(p(x'')‖p(x'))";

/** MemLoss V3. */
export const v3: Method<"v3"> = {
  name: "v3",
  summary: "MemLoss: TRADES and the divergence between old and new adversarial examples",
  formula: `${trades.formula} + ${memoryFormula}`,
  paper: "MemLoss, arXiv 2510.09105",
  coefficients: { beta: 4, betaPrime: 2 },
  attack: tradesAttack,
  terms: trades.terms,
  memoryFormula,
  memory: { uniform, misclassified },
};
