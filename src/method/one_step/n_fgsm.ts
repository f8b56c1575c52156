/**
 * N-FGSM (de Jorge et al. 2022): a single step from strong noise, which is not brought back into the ball.
 *
 * @module
 */
import type { Method } from "../method.ts";
import { pgdAt } from "../pgd_at.ts";

/** N-FGSM. The gradient is that of the network in evaluation mode, as in every attack here; the authors' code trains within it. */
export const nFgsm: Method<"n-fgsm"> = {
  name: "n-fgsm",
  summary: "one step from noise in 2ε, not projected: cheap adversarial training",
  formula: "CE(f(x'),y), x' = x + η + ε·sign ∇CE, η uniform in ±2ε",
  paper: "de Jorge et al., arXiv 2202.01181",
  coefficients: {},
  attack: { start: "uniform", loss: "ce", noise: 2 },
  terms: pgdAt.terms,
};
