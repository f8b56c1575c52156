/**
 * HAT, helper-based adversarial training (Rade and Moosavi-Dezfooli 2022): TRADES, and images further along the attack's
 * way, which bear the labels that a network without robustness gives the adversarial ones.
 *
 * @module
 */
import type { Method, Term } from "./method.ts";
import { trades, tradesAttack } from "./trades.ts";

/** `γ · CE(f(x + 2·(x' − x)), argmax g(x'))`, with the helper `g`. */
const crossEntropyOfHelped: Term<"help"> = {
  name: "help",
  coefficient: "gamma",
  passes: ["help"],
  labels: "helper",
  value: ({ help }, labels, { crossEntropy }) => crossEntropy(help, labels),
};

/** HAT. */
export const hat: Method<"hat"> = {
  name: "hat",
  summary: "TRADES with helper examples beyond x', labelled by the network of --helper",
  formula: "CE(f(x),y) + β·KL(p(x)‖p(x')) + γ·CE(f(x + 2(x' − x)), argmax g(x'))",
  paper: "Rade & Moosavi-Dezfooli, ICLR 2022",
  coefficients: { beta: 2.5, gamma: 0.5 },
  attack: tradesAttack,
  terms: [...trades.terms, crossEntropyOfHelped],
};
