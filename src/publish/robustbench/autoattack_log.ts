/**
 * AutoAttack's log as its own code writes it, from what a run's evaluation kept.
 *
 * @module
 */
import { percent } from "../../report/words.ts";
import type { MeasuredAutoAttack } from "./measured.ts";

/** The norms by their names there. */
export const NORMS = { linf: "Linf", l2: "L2" } as const;

/** The lines of a whole evaluation. A member is one batch: how ours packs images into batches changes no result. */
export function autoAttackLog(measured: MeasuredAutoAttack, norm: keyof typeof NORMS): string {
  const { version, clean, perAttack, perturbation, evaluation } = measured;
  const members = Object.entries(perAttack);
  const lines = [
    `setting parameters for ${version} version`,
    `using ${version} version including ${members.map(([name]) => name).join(", ")}.`,
    `initial accuracy: ${percent(clean.accuracy)}%`,
  ];
  let seconds = 0;
  for (const [name, member] of members) {
    if (member.attacked === 0) {
      lines.push("no robust datapoints left, skipping remaining attacks");
      break;
    }
    seconds += member.seconds;
    const { attacked, broken, accuracy } = member, total = seconds.toFixed(1);
    lines.push(
      `${name} - 1/1 - ${broken} out of ${attacked} successfully perturbed`,
      `robust accuracy after ${name.toUpperCase()}: ${percent(accuracy)}% (total time ${total} s)`,
    );
  }
  const { largest, nan, max, min } = perturbation;
  return [
    ...lines,
    `max ${NORMS[norm]} perturbation: ${largest.toFixed(5)}, nan in tensor: ${nan}, ` +
    `max: ${max.toFixed(5)}, min: ${min.toFixed(5)}`,
    `robust accuracy: ${percent(evaluation.result.accuracy)}%`,
  ].join("\n") + "\n";
}
