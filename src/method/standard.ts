/**
 * Training without an adversary.
 *
 * @module
 */
import type { Method, Term } from "./method.ts";

/** `CE(f(x), y)`. */
export const crossEntropyOfClean: Term<"nat"> = {
  name: "ce",
  passes: ["nat"],
  value: ({ nat }, labels, { crossEntropy }) => crossEntropy(nat, labels),
};

/** Training without an adversary. */
export const standard: Method<"standard"> = {
  name: "standard",
  summary: "no adversary",
  formula: "CE(f(x),y)",
  paper: "",
  coefficients: {},
  terms: [crossEntropyOfClean],
};
