/**
 * The report of an evaluation in the run's `eval/`, under a name by which it can be told from all others there.
 *
 * @module
 */
import { join } from "@std/path";
import { CORRUPTION_NAMES } from "../data/corruptions/corruptions.ts";
import { isFound } from "../data/sets/definition.ts";
import { findSet } from "../data/sets/sets.ts";
import { createDirectory, isReadOnly, writeFileAtomically } from "../disk/files.ts";
import { formatJson } from "../format/json.ts";
import { sha256 } from "../format/sha256.ts";
import { type Subject, subjectName } from "../run/subject.ts";
import type { AutoAttackResult } from "./autoattack/result.ts";
import { accuraciesOf, type EvaluationReport } from "./report.ts";
import { CORRUPTED, type CorruptionAccuracies } from "./series/corruptions.ts";
import { CURVE } from "./series/curve.ts";
import type { Transfer } from "./transfer.ts";

/**
 * Writes the report of a run's checkpoint into the run's `eval/`, beside those of other settings. A file of weights has no
 * place for it; a run that cannot be written to, an archive perhaps, was evaluated all the same. Tells `observer` which.
 *
 * @throws {RunError} if it cannot be written for another reason
 */
export async function keepReport(
  subject: Subject,
  report: EvaluationReport,
  observer?: { onNote?(note: string): void; onKept?(path: string): void },
): Promise<void> {
  try {
    const path = await writeReport(subject, report);
    if (path !== undefined) observer?.onKept?.(path);
  } catch (error) {
    if (!isReadOnly((error as Error).cause)) throw error;
    observer?.onNote?.(`The report is not kept: ${(error as Error).message}.`);
  }
}

/** @returns where it is now; undefined where there is no place for it */
async function writeReport(
  subject: Subject,
  report: EvaluationReport,
): Promise<string | undefined> {
  if (subject.run === undefined) return undefined;
  const folder = join(subject.run.directory, "eval");
  await createDirectory(folder);
  const path = join(folder, `${reportName(subject, report)}.json`);
  await writeFileAtomically(path, new TextEncoder().encode(formatJson(report) + "\n"));
  return path;
}

/** The name of the `report` on `subject`, without its `.json`. */
function reportName(subject: Subject, report: EvaluationReport): string {
  const attacks = [
    ...accuraciesOf(report).map(([name]) => name),
    ...report.curve ? [CURVE] : [],
    ...report.corruptions ? [corruptionsName(report.corruptions)] : [],
    ...report.autoattack ? [autoAttackName(report.autoattack)] : [],
    ...report.transfer ? [transferName(report.transfer)] : [],
  ].join("-");
  const { attack: { epsilon, restarts }, data, seed, backend } = report;
  const settings = `${shortened(attacks)}.n${data.n}${foundName(data)}.eps${
    radiusName(epsilon)
  }.seed${seed}${restarts > 1 ? `.restarts${restarts}` : ""}.${backend.name}`;
  const raw = subject.weights === "raw" ? ".raw" : "";
  return `${subjectName(subject)}${raw}.${settings}`;
}

/** The radius in steps of a byte, with two digits where that is all of it. */
function radiusName(epsilon: number): string {
  const steps = 255 * epsilon, short = steps.toFixed(2);
  return Math.abs(steps - Number(short)) < 1e-9 ? short : String(steps);
}

/** `.images-` and the beginning of their digest for whatever lies in a folder or file, which another time may be something else. */
function foundName({ name, sha256 }: EvaluationReport["data"]): string {
  return isFound(findSet(name)) ? `.images-${sha256.slice(0, 12)}` : "";
}

/** Characters that the attacks may take of a file's name, which has 255 with everything else and while it is written. */
const MOST_OF_ATTACKS = 140;

/** `attacks`, or the beginning of too many of them with that of their digest. */
export function shortened(attacks: string): string {
  if (attacks.length <= MOST_OF_ATTACKS) return attacks;
  const digest = `-${sha256(attacks).slice(0, 12)}`;
  return attacks.slice(0, MOST_OF_ATTACKS - digest.length) + digest;
}

/** Characters that names of corruptions may take of a file's: it has 255 in all. */
const MOST_OF_CORRUPTIONS = 60;

/**
 * `corruptions-15`, all that CIFAR-10-C's mean is over (all 14 of versions before frost were `corruptions`); some of them by their
 * names, or many by the beginning of these names' digest.
 */
function corruptionsName({ kinds }: CorruptionAccuracies): string {
  const kept = Object.keys(kinds), names = kept.join("+");
  const all = CORRUPTION_NAMES.every((name) => kinds[name]);
  if (all && kept.length === CORRUPTION_NAMES.length) return `${CORRUPTED}-${kept.length}`;
  const said = names.length <= MOST_OF_CORRUPTIONS ? names : sha256(names).slice(0, 12);
  return `${CORRUPTED}-${said}`;
}

/** `autoattack-standard`; a custom one by what it ran and spent. */
function autoAttackName({ version, perAttack, effort = {} }: AutoAttackResult): string {
  const spent = Object.entries(effort).map(([name, count]) => `.${name}${count}`).join("");
  return `autoattack-${version === "custom" ? Object.keys(perAttack).join("+") + spent : version}`;
}

/** `pgd20.from-` and the beginning of the source's digest, with what else decides what it computes. */
function transferName({ source, accuracies }: Transfer): string {
  const { sha256: digest, activation, input } = source;
  const scaled = input && sha256(JSON.stringify(input)).slice(0, 12);
  const from = [digest.slice(0, 12), activation, scaled].filter(Boolean).join("-");
  return `${Object.keys(accuracies).join("-")}.from-${from}`;
}
