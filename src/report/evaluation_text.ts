/**
 * What an evaluation found, in words.
 *
 * @module
 */
import type { AutoAttackMember } from "../attack/autoattack/versions.ts";
import { BOUND_TOLERANCE } from "../attack/bounds.ts";
import type { AttackNorm } from "../attack/options.ts";
import type { AdversarialCheck } from "../evaluate/adversarial_check.ts";
import {
  type AutoAttackResult,
  describeMember,
  type MemberResult,
} from "../evaluate/autoattack/result.ts";
import { CORRUPTION_NAMES, FROST_IS_MADE } from "../data/corruptions/corruptions.ts";
import type { CorruptionAccuracies } from "../evaluate/series/corruptions.ts";
import type { Curve } from "../evaluate/series/curve.ts";
import { describePerturbation } from "../evaluate/perturbation.ts";
import {
  accuraciesOf,
  type ClassAccuracy,
  type EvaluationReport,
  formatRadius,
} from "../evaluate/report.ts";
import { describeKinds } from "./corruption_mean.ts";
import type { Accuracy } from "../evaluate/evaluate.ts";
import type { Transfer } from "../evaluate/transfer.ts";
import { WEIGHTS_WORDS } from "../run/subject.ts";
import { formatPercent } from "./words.ts";

/** The report for people, with the accuracies of each class if they are wanted. */
export function describeReport(
  report: EvaluationReport,
  { perClass = false }: { readonly perClass?: boolean | undefined } = {},
): string {
  const { checkpoint, data, attack, seed } = report;
  const selected = checkpoint.name === "best"
    ? `, selected on ${checkpoint.select}; --checkpoint last takes the last one`
    : ", not selected";
  return [
    `${checkpoint.path}${checkpoint.name ? ` (${checkpoint.name}${selected})` : ""}` +
    (checkpoint.weights ? `, ${WEIGHTS_WORDS[checkpoint.weights]}` : ""),
    ...report.model ? describeModel(report.model) : [],
    `${data.n} test images of ${data.name}, ${attack.norm} ε = ${
      (255 * attack.epsilon).toFixed(2)
    }/255, seed ${seed}${attack.restarts > 1 ? `, ${attack.restarts} restarts` : ""}`,
    ...accuraciesOf(report).map(describeAccuracy),
    ...report.transfer ? describeTransfer(report.transfer) : [],
    ...report.curve ? describeCurve(attack.norm, report.curve) : [],
    ...report.corruptions ? describeCorruptions(data.name, report.corruptions) : [],
    ...report.verified ? describeCheck(report.verified) : [],
    ...report.autoattack ? describeAutoAttack(attack.norm, report.autoattack) : [],
    ...perClass && report.perClass ? describeClasses(report.perClass) : [],
  ].join("\n");
}

function describeAccuracy([name, { accuracy, correct, n }]: readonly [string, Accuracy]): string {
  return `  ${name.padEnd(6)} ${formatPercent(accuracy).padStart(9)}  (${correct} of ${n})`;
}

function describeTransfer({ source, accuracies, warnings = [] }: Transfer): string[] {
  const { path, activation, weights } = source;
  return [
    `on images attacked on ${path}${activation ? ` (${activation})` : ""}${
      weights ? `, ${WEIGHTS_WORDS[weights]}` : ""
    }:`,
    ...Object.entries(accuracies).map(describeAccuracy),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}

function describeClasses(classes: readonly ClassAccuracy[]): string[] {
  const attacks = Object.keys(classes[0]!.correct);
  const width = Math.max(...classes.map(({ name }) => name.length));
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  return [
    row("", ["images", ...attacks]),
    ...classes.map(({ name, n, correct }) =>
      row(name, [
        String(n),
        ...attacks.map((attack) => n === 0 ? "–" : formatPercent(correct[attack]! / n)),
      ])
    ),
  ];
}

function describeModel(model: NonNullable<EvaluationReport["model"]>): string[] {
  const { format, input: { range = [0, 1], mean, std }, softmaxRemoved, warnings } = model;
  const facts = [
    `tfjs ${format}`,
    `images as [${range}]${mean ? ` − ${mean}` : ""}${std ? ` over ${std}` : ""}`,
    ...softmaxRemoved ? ["its final softmax taken off"] : [],
  ];
  return [facts.join(", "), ...warnings.map((warning) => `  warning: ${warning}`)];
}

function describeCurve(norm: AttackNorm, { attack, points }: Curve): string[] {
  const rows = points.map(({ epsilon, correct, n }) =>
    `  ${formatRadius(epsilon).padStart(7)} ${
      formatPercent(correct / n).padStart(9)
    }  (${correct} of ${n})`
  );
  return [`${attack} at ${norm} ε =`, ...rows];
}

/** Data sets whose test images have been published under corruptions made as here, and what that is called. */
const PUBLISHED_CORRUPTIONS: Readonly<Record<string, string>> = {
  cifar10: "its mean",
  cifar100: "CIFAR-100-C's mean",
};

function describeCorruptions(data: string, { accuracy, kinds }: CorruptionAccuracies): string[] {
  const title = "corruption";
  const width = Math.max(...[title, ...Object.keys(kinds)].map(({ length }) => length));
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join("")}`;
  return [
    row(title, ["1", "2", "3", "4", "5", "mean"]),
    ...Object.entries(kinds).map(([name, { accuracy, severities }]) =>
      row(name, [...severities, { accuracy }].map((each) => formatPercent(each.accuracy)))
    ),
    `  mean accuracy under corruptions: ${formatPercent(accuracy)} (${
      describeKinds(Object.keys(kinds))
    }: ${
      PUBLISHED_CORRUPTIONS[data] && CORRUPTION_NAMES.every((name) => kinds[name])
        ? `comparable with ${PUBLISHED_CORRUPTIONS[data]} but for frost`
        : "not comparable with its mean"
    })`,
    ...kinds.frost ? [`  ${FROST_IS_MADE}`] : [],
  ];
}

function describeCheck(check: AdversarialCheck): string[] {
  const { accuracy, correct, n, norm, epsilon, perturbation, outside } = check;
  return [
    `saved images, ${norm} ε = ${formatRadius(epsilon)}: bounds ${
      outside === 0 ? "kept" : `broken by ${outside} of ${n}`
    }`,
    `  ${describePerturbation(norm, perturbation)}`,
    `  accuracy on them: ${formatPercent(accuracy)} (${correct} of ${n})`,
  ];
}

/** Why the images in the file `path` are not to be counted. */
export function describeOutside(path: string, check: AdversarialCheck): string {
  const { norm, epsilon, outside, n, perturbation: { largest, max, min } } = check;
  const spare = `each with ${BOUND_TOLERANCE} to spare`;
  return `${outside} of the ${n} images in ${path} leave their bounds: do not count them as adversarial. They must be ` +
    `in [0,1] and within ${norm} ${
      formatRadius(epsilon)
    } of the clean ones, ${spare}; they are in [${min},${max}] and ` +
    `up to ${largest} away.`;
}

/** In the words that AutoAttack's users know. */
function describeAutoAttack(norm: AttackNorm, result: AutoAttackResult): string[] {
  const members = Object.entries(result.perAttack) as [AutoAttackMember, MemberResult][];
  return [
    `AutoAttack, ${result.version}:`,
    ...members.map(([member, found]) => `  ${describeMember(member, found)}`),
    `  ${describePerturbation(norm, result.perturbation)}`,
    ...result.warnings.map((warning) => `  warning: ${warning}`),
    `  robust accuracy: ${formatPercent(result.accuracy)} (${result.correct} of ${result.n})`,
  ];
}
