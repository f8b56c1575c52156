/**
 * The reports of all shards as that of the whole evaluation: to the byte what it would have been unsharded, but for times.
 *
 * @module
 */
import { SEVERITIES } from "../../data/corruptions/corruption.ts";
import type { CorruptionName } from "../../data/corruptions/corruptions.ts";
import { overflowWarning, squareWarning } from "../autoattack/sanity.ts";
import type { AutoAttackResult, MemberResult } from "../autoattack/result.ts";
import type { Confusion } from "../confusion.ts";
import { type CorruptionAccuracies, corruptionAccuracies } from "../series/corruptions.ts";
import type { Curve } from "../series/curve.ts";
import { type Accuracy, type ImageAccuracy, isEvaluationName } from "../evaluate.ts";
import type { Perturbation } from "../perturbation.ts";
import type { ClassAccuracy, EvaluationReport } from "../report.ts";

/** The report of what `reports`, one for each shard in their order, are about together. */
export function mergeReports(reports: readonly EvaluationReport[]): EvaluationReport {
  // Fields that are replaced keep their place in the JSON.
  const first = reports[0]!;
  const accuracies = Object.keys(first).filter(isEvaluationName).map((name) =>
    [name, mergeAccuracies(reports.map((report) => report[name]!))] as const
  );
  const { curve, corruptions, autoattack, transfer, perClass, data } = first;
  return {
    ...first,
    ...Object.fromEntries(accuracies),
    ...curve && { curve: mergeCurves(reports.map((report) => report.curve!)) },
    ...corruptions && {
      corruptions: mergeCorruptions(reports.map((report) => report.corruptions!)),
    },
    ...autoattack && {
      autoattack: mergeAutoAttack(reports.map((report) => report.autoattack!)),
    },
    ...transfer && {
      transfer: {
        ...transfer,
        accuracies: byName(
          reports.map((report) => report.transfer!.accuracies),
          mergeAccuracies,
        ),
      },
    },
    ...perClass && { perClass: mergeClasses(reports.map((report) => report.perClass!)) },
    data: { ...data, n: sum(reports, (report) => report.data.n) },
  };
}

function mergeAccuracies<T extends ImageAccuracy>(parts: readonly T[]): T {
  return {
    ...parts[0]!,
    ...counted(parts),
    verdicts: parts.map(({ verdicts }) => verdicts).join(""),
    confusion: addConfusions(parts.map(({ confusion }) => confusion)),
  };
}

function counted(parts: readonly Accuracy[]): Accuracy {
  const correct = sum(parts, (part) => part.correct), n = sum(parts, (part) => part.n);
  return { accuracy: correct / n, correct, n };
}

function addConfusions(parts: readonly Confusion[]): Confusion {
  return parts[0]!.map((row, i) => row.map((_, j) => sum(parts, (part) => part[i]![j]!)));
}

function mergeCurves(parts: readonly Curve[]): Curve {
  const [first] = parts;
  return {
    ...first!,
    points: first!.points.map((point, i) => {
      const { correct, n } = counted(parts.map(({ points }) => ({ ...points[i]!, accuracy: 0 })));
      return { ...point, correct, n };
    }),
  };
}

function mergeCorruptions(parts: readonly CorruptionAccuracies[]): CorruptionAccuracies {
  const names = Object.keys(parts[0]!.kinds) as CorruptionName[];
  const of = (name: CorruptionName, severity: number) =>
    counted(parts.map(({ kinds }) => kinds[name]!.severities[severity]!));
  const found = names.map((name) =>
    [name, Array.from({ length: SEVERITIES }, (_, i) => of(name, i).correct)] as const
  );
  return corruptionAccuracies(new Map(found), of(names[0]!, 0).n);
}

function mergeClasses(parts: readonly (readonly ClassAccuracy[])[]): ClassAccuracy[] {
  return parts[0]!.map(({ name }, label) => {
    const own = parts.map((part) => part[label]!);
    return {
      name,
      n: sum(own, ({ n }) => n),
      correct: byName(own.map(({ correct }) => correct), (counts) => sum(counts, (one) => one)),
    };
  });
}

/** The warnings about the network are those of the first images, which the first shard has; those of results are about all. */
function mergeAutoAttack(parts: readonly AutoAttackResult[]): AutoAttackResult {
  const first = parts[0]!;
  const perAttack = byName(parts.map((part) => part.perAttack), mergeMembers);
  const accuracies = mergeAccuracies(parts);
  const own = [squareWarning(first.perAttack), overflowWarning(first)];
  const all = [squareWarning(perAttack), overflowWarning(accuracies)];
  return {
    ...accuracies,
    clean: counted(parts.map(({ clean }) => clean)),
    perAttack,
    perturbation: mergePerturbations(parts.map(({ perturbation }) => perturbation)),
    warnings: [...first.warnings.filter((warning) => !own.includes(warning)), ...all]
      .filter((warning) => warning !== undefined),
  };
}

function mergeMembers(parts: readonly MemberResult[]): MemberResult {
  return {
    ...counted(parts),
    attacked: sum(parts, ({ attacked }) => attacked),
    broken: sum(parts, ({ broken }) => broken),
    seconds: sum(parts, ({ seconds }) => seconds),
  };
}

function mergePerturbations(parts: readonly Perturbation[]): Perturbation {
  return {
    largest: Math.max(...parts.map(({ largest }) => largest)),
    nan: sum(parts, ({ nan }) => nan),
    max: Math.max(...parts.map(({ max }) => max)),
    min: Math.min(...parts.map(({ min }) => min)),
  };
}

function byName<T>(
  parts: readonly Readonly<Partial<Record<string, T>>>[],
  merge: (values: readonly T[]) => T,
): Record<string, T> {
  const names = Object.keys(parts[0]!);
  return Object.fromEntries(names.map((name) => [name, merge(parts.map((part) => part[name]!))]));
}

function sum<T>(parts: readonly T[], value: (part: T) => number): number {
  return parts.reduce((total, part) => total + value(part), 0);
}
