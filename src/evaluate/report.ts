/**
 * What an evaluation tells: as JSON, in the run folder, and to people.
 *
 * @module
 */
import { join } from "@std/path";
import type { AutoAttackMember } from "../attack/autoattack/versions.ts";
import type { AttackNorm } from "../attack/options.ts";
import { type AutoAttackResult, describeMember, type MemberResult } from "./autoattack.ts";
import {
  type Accuracy,
  type EvaluationName,
  type EvaluationSettings,
  type ImageAccuracy,
  isEvaluationName,
} from "./evaluate.ts";
import { describePerturbation } from "./perturbation.ts";
import { createDirectory, writeFileAtomically } from "../disk/files.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { AdversarialCheck } from "./adversarial_check.ts";
import { fileDigest, type Subject, subjectName } from "../run/subject.ts";
import { formatPercent } from "../cli/shell/terminal.ts";

/** The accuracies that were asked for, by name. */
export type Accuracies = { readonly [name in EvaluationName]?: ImageAccuracy };

/** What an evaluation prints with `--json`, and keeps in the run's `eval/`. */
export interface EvaluationReport extends Accuracies {
  readonly autoattack?: AutoAttackResult;
  /** What `--verify-adv` found. */
  readonly verified?: AdversarialCheck;
  readonly checkpoint: {
    readonly path: string;
    /** SHA-256 of the file. */
    readonly sha256: string;
    /** `best` or `last`; null for a file of weights. */
    readonly name: string | null;
    /** What the run's best checkpoint was chosen on. */
    readonly select: Recipe["select"] | null;
  };
  readonly data: { readonly name: string; readonly part: "test"; readonly n: number };
  readonly attack: {
    readonly norm: AttackNorm;
    readonly epsilon: number;
    /** The radius in steps of a byte, e.g. `8/255`. */
    readonly fraction: string;
    /** Runs of PGD. */
    readonly restarts: number;
  };
  readonly backend: { readonly name: string; readonly adapter: string };
  /** The recipe of the run; null for a file of weights. */
  readonly recipe: Recipe | null;
  readonly seed: number;
}

/** The report of what was measured on `subject`. */
export async function makeReport(
  subject: Subject,
  recipe: Recipe,
  { ids, attack, restarts = 1, backend }: EvaluationSettings,
  accuracies: Partial<Record<EvaluationName, ImageAccuracy>>,
  { autoattack, verified }: {
    readonly autoattack: AutoAttackResult | undefined;
    readonly verified: AdversarialCheck | undefined;
  },
): Promise<EvaluationReport> {
  return {
    ...accuracies,
    ...autoattack && { autoattack },
    ...verified && { verified },
    checkpoint: {
      path: subject.path,
      sha256: await fileDigest(subject.path),
      name: subject.link ?? null,
      select: subject.recipe?.select ?? null,
    },
    data: { name: recipe.data, part: "test", n: verified?.n ?? ids.length },
    attack: { ...attack, fraction: formatRadius(attack.epsilon), restarts },
    backend: { name: backend.name, adapter: backend.adapter },
    recipe: subject.recipe ?? null,
    seed: recipe.seed,
  };
}

/** Writes the report into the run's `eval/`, beside those of other settings. */
export async function keepReport(runDir: string, subject: Subject, report: EvaluationReport) {
  const folder = join(runDir, "eval");
  await createDirectory(folder);
  const attacks = [
    ...accuraciesOf(report).map(([name]) => name),
    ...report.autoattack ? [autoAttackName(report.autoattack)] : [],
  ].join("-");
  // Everything that can differ between two evaluations of one checkpoint: none replaces another.
  const { attack: { epsilon, restarts }, data: { n }, seed, backend } = report;
  const radius = (255 * epsilon).toFixed(2);
  const settings = `${attacks}.n${n}.eps${radius}.seed${seed}${
    restarts > 1 ? `.restarts${restarts}` : ""
  }.${backend.name}`;
  const path = join(folder, `${subjectName(subject)}.${settings}.json`);
  await writeFileAtomically(path, new TextEncoder().encode(JSON.stringify(report, null, 2) + "\n"));
}

/** The report for people. */
export function describeReport(report: EvaluationReport): string {
  const { checkpoint, data, attack, seed } = report;
  const selected = checkpoint.name === "best"
    ? `, selected on ${checkpoint.select}`
    : ", not selected";
  const rows = accuraciesOf(report).map(([name, { accuracy, correct, n }]) =>
    `  ${name.padEnd(6)} ${formatPercent(accuracy).padStart(9)}  (${correct} of ${n})`
  );
  return [
    `${checkpoint.path}${checkpoint.name ? ` (${checkpoint.name}${selected})` : ""}`,
    `${data.n} test images of ${data.name}, ${attack.norm} ε = ${
      (255 * attack.epsilon).toFixed(2)
    }/255, seed ${seed}`,
    ...rows,
    ...report.verified ? describeCheck(report.verified) : [],
    ...report.autoattack ? describeAutoAttack(attack.norm, report.autoattack) : [],
  ].join("\n");
}

/** `autoattack-standard`; a custom one by what it ran. */
function autoAttackName({ version, perAttack }: AutoAttackResult): string {
  return `autoattack-${version === "custom" ? Object.keys(perAttack).join("+") : version}`;
}

function describeCheck(check: AdversarialCheck): string[] {
  const { accuracy, correct, n, norm, epsilon, perturbation, withinBounds } = check;
  return [
    `saved images, ${norm} ε = ${formatRadius(epsilon)}: bounds ${
      withinBounds ? "kept" : "broken"
    }`,
    `  ${describePerturbation(norm, perturbation)}`,
    `  accuracy on them: ${formatPercent(accuracy)} (${correct} of ${n})`,
  ];
}

/** In the words that AutoAttack's users know. */
function describeAutoAttack(norm: AttackNorm, result: AutoAttackResult): string[] {
  const members = Object.entries(result.perAttack) as [AutoAttackMember, MemberResult][];
  return [
    `AutoAttack, ${result.version}:`,
    ...members.map(([member, found]) => `  ${describeMember(member, found)}`),
    `  ${describePerturbation(norm, result.perturbation)}`,
    ...result.warnings.map((warning) => `  Warning: ${warning}`),
    `  robust accuracy: ${formatPercent(result.accuracy)} (${result.correct} of ${result.n})`,
  ];
}

function accuraciesOf(report: EvaluationReport): [EvaluationName, Accuracy][] {
  return Object.entries(report)
    .filter((entry): entry is [EvaluationName, Accuracy] => isEvaluationName(entry[0]));
}

/** `0.0313725…` as `8/255`; a radius between two bytes as the number it is. */
function formatRadius(epsilon: number): string {
  const steps = Math.round(255 * epsilon);
  return Math.abs(255 * epsilon - steps) < 1e-9 ? `${steps}/255` : String(epsilon);
}
