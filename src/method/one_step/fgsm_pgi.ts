/**
 * FGSM-PGI (Jia et al. 2022): a single step that goes on from the perturbation of the epoch before, and logits that are held
 * to what they were there.
 *
 * @module
 */
import { memoryTerm, type Method } from "../method.ts";
import { pgdAt } from "../pgd_at.ts";

/** `mean_c (f_c(x') − f_c(x''))²`; the gradient flows through both. */
const uniform = memoryTerm(
  ["adv", "mem"],
  ({ adv, mem }, _, { tf }) => tf.mean(tf.square(tf.sub(adv, mem)), 1),
);

const memoryFormula = "β'·mean_c (f_c(x') − f_c(x''))²";

/**
 * FGSM-PGI with the perturbation of the epoch before as its prior, which the authors call FGSM-EP; λ, step and reset are those
 * of their code. Where there is no memory, `x''` is the noise that the attack begins at. The gradient is that of the network
 * in evaluation mode, as in every attack here; the authors' code trains within it, and smooths labels. The noise is uniform in
 * the ball and clipped to [0,1]; their code takes its sign, ±ε, unclipped.
 */
export const fgsmPgi: Method<"fgsm-pgi"> = {
  name: "fgsm-pgi",
  summary: "one step on from the epoch before, logits held to those there: cheap training",
  formula: `CE(f(x'),y) + ${memoryFormula}, x' one step of ε from x''`,
  paper: "Jia et al., arXiv 2207.08859",
  coefficients: { betaPrime: 10 },
  attack: { start: "uniform", loss: "ce", prior: { reset: 40 } },
  terms: pgdAt.terms,
  memoryFormula,
  memory: { uniform },
};
