/**
 * TRADES (Zhang et al. 2019).
 *
 * @module
 */
import type { Method, MethodAttack, Term } from "./method.ts";
import { crossEntropyOfClean } from "./standard.ts";

/** `β · KL(p(x)‖p(x'))`; the gradient flows through both distributions. */
const divergenceOfAdversarial: Term<"nat" | "adv"> = {
  name: "kl",
  coefficient: "beta",
  passes: ["nat", "adv"],
  value: ({ nat, adv }, _, { klDivergence }) => klDivergence(nat, adv),
};

/** Where TRADES' attack starts and what it maximises; MemLoss took it over. */
export const tradesAttack: MethodAttack = { start: "gaussian", loss: "kl" };

/** TRADES. */
export const trades: Method<"trades"> = {
  name: "trades",
  summary: "clean accuracy traded against the divergence of adversarial examples",
  formula: "CE(f(x),y) + β·KL(p(x)‖p(x'))",
  paper: "Zhang et al., arXiv 1901.08573",
  coefficients: { beta: 6 },
  attack: tradesAttack,
  terms: [crossEntropyOfClean, divergenceOfAdversarial],
};
