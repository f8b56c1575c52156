/**
 * PGD adversarial training (Madry et al. 2018).
 *
 * @module
 */
import type { Method, Term } from "./method.ts";

/** `CE(f(x'), y)`. */
const crossEntropyOfAdversarial: Term<"adv"> = {
  name: "ce",
  passes: ["adv"],
  value: ({ adv }, labels, { crossEntropy }) => crossEntropy(adv, labels),
};

/** PGD adversarial training. */
export const pgdAt: Method<"pgd-at"> = {
  name: "pgd-at",
  summary: "adversarial examples in place of the clean ones",
  formula: "CE(f(x'),y)",
  paper: "Madry et al., arXiv 1706.06083",
  coefficients: {},
  attack: { start: "uniform", loss: "ce" },
  terms: [crossEntropyOfAdversarial],
};
