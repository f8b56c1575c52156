/**
 * Reports as `memloss eval` leaves them, made by hand.
 *
 * @module
 */
import type { StoredEvaluation } from "../../../src/report/run_evaluations.ts";
import type { MeasuredAutoAttack } from "../../../src/publish/robustbench/measured.ts";
import { evaluation } from "../../report/tables/made_runs.ts";

/** An accuracy under the usual threat model. */
export function stored(name: string, verdicts: string): StoredEvaluation {
  const threat = { norm: "linf", radius: "8/255", restarts: 1, seed: 1 };
  return { name, ...threat, result: evaluation(verdicts) };
}

const member = (accuracy: number, attacked: number, broken: number, seconds: number) => ({
  ...{ accuracy, correct: 8 * accuracy, n: 8 },
  ...{ attacked, broken, seconds },
});

/** What AutoAttack's part of a report says. */
export const AUTOATTACK = {
  ...evaluation("10000000"),
  version: "standard",
  clean: { accuracy: 0.625, correct: 5, n: 8 },
  perAttack: {
    "apgd-ce": member(0.375, 5, 2, 1.25),
    "apgd-t": member(0.25, 3, 1, 10),
    "fab-t": member(0.25, 2, 0, 0.5),
    square: member(0.125, 2, 1, 3.25),
  },
  perturbation: { largest: 8 / 255, nan: 0, max: 1, min: 0 },
  warnings: ["Square broke more than the others."],
};

/** The same as it is read. */
export const MEASURED: MeasuredAutoAttack = {
  ...AUTOATTACK,
  evaluation: { ...stored("autoattack", AUTOATTACK.verdicts!), version: "standard" },
};

/** A report about the checkpoint with this SHA-256; of images with that one, if it is given. */
export function report(sha256: string, found: object, epsilon = 8, images?: string): string {
  return JSON.stringify({
    ...found,
    ...images && { data: { name: "synthetic", sha256: images } },
    checkpoint: { path: "", sha256, name: "last", select: "none" },
    attack: { norm: "linf", epsilon: epsilon / 255, fraction: `${epsilon}/255`, restarts: 1 },
    seed: 1,
  });
}
