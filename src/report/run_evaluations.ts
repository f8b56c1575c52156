/**
 * What was measured of a run, from the reports in its `eval/`.
 *
 * @module
 */
import { join } from "@std/path";
import * as v from "valibot";
import { listFolder, readWholeFile } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import { isEvaluationName, restartsApply } from "../evaluate/evaluate.ts";
import type { WeightsChoice } from "../run/subject.ts";
import type { Chosen } from "./representative.ts";
import type { Evaluation } from "./tables/layout.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const AccuracySchema = v.object({
  accuracy: v.number(),
  correct: count,
  n: count,
  verdicts: v.optional(v.string()),
  /** AutoAttack's. */
  version: v.optional(v.string()),
  perAttack: v.optional(v.record(v.string(), v.unknown())),
  effort: v.optional(v.record(v.string(), count)),
  warnings: v.optional(v.array(v.string())),
});

const ReportSchema = v.looseObject({
  checkpoint: v.object({ sha256: v.string(), weights: v.optional(v.string()) }),
  /** Reports of earlier versions have no digest of their images. */
  data: v.optional(v.object({ sha256: v.optional(v.string()) })),
  attack: v.object({ norm: v.string(), fraction: v.string(), restarts: count }),
  seed: count,
});

/** A report in a run's `eval/`, with whatever else it says. */
export type StoredReport = v.InferOutput<typeof ReportSchema>;

/** One accuracy of a run, with everything that decides which question it answers. */
export interface StoredEvaluation {
  /** `clean`, `pgd20` …, or `autoattack`. */
  readonly name: string;
  readonly norm: string;
  /** Such as `8/255`. */
  readonly radius: string;
  /** Of PGD and CW; 1 for all others, which are not begun again. */
  readonly restarts: number;
  /** AutoAttack's version; a custom one by its attacks and what they may spend. */
  readonly version?: string;
  /** Seed of the attack's draws. */
  readonly seed: number;
  /** SHA-256 of the test images; absent where the report has none. */
  readonly imagesSha256?: string;
  readonly result: Evaluation;
}

/**
 * What was measured of the checkpoint with this SHA-256 of the run in `directory`, by file name; where the run averages its
 * weights, of the average.
 *
 * @throws {UsageError} if a file in its `eval/` is no report
 * @throws {RunError} if that folder or a file in it cannot be read
 */
export async function readEvaluations(
  directory: string,
  checkpointSha256: string,
): Promise<StoredEvaluation[]> {
  return (await readReports(directory, checkpointSha256)).flatMap(evaluationsOf);
}

/**
 * The reports about that checkpoint; see {@linkcode readEvaluations}.
 *
 * @param choice about which of its weights, of a run that averages them
 * @throws {UsageError} if a file in the run's `eval/` is no report
 * @throws {RunError} if that folder or a file in it cannot be read
 */
export async function readReports(
  directory: string,
  checkpointSha256: string,
  choice: WeightsChoice = "average",
): Promise<StoredReport[]> {
  const folder = join(directory, "eval");
  const names = (await listFolder(folder)).map(({ name }) => name);
  const found: StoredReport[] = [];
  for (const name of names.filter((each) => each.endsWith(".json")).sort()) {
    const path = join(folder, name);
    const report = readReport(new TextDecoder().decode(await readWholeFile(path)), path);
    const { sha256, weights } = report.checkpoint;
    if (sha256 === checkpointSha256 && (weights === "raw") === (choice === "raw")) {
      found.push(report);
    }
  }
  return found;
}

function readReport(text: string, path: string): StoredReport {
  try {
    return v.parse(ReportSchema, JSON.parse(text));
  } catch {
    throw new UsageError(`${path} is no report of memloss eval: move it away.`);
  }
}

/** The accuracies in `report`. */
export function evaluationsOf(report: StoredReport): StoredEvaluation[] {
  const { attack: { norm, fraction: radius, restarts }, seed, data } = report;
  return Object.entries(report).flatMap(([name, value]) => {
    if (name !== "autoattack" && !isEvaluationName(name)) return [];
    const accuracy = v.safeParse(AccuracySchema, value);
    if (!accuracy.success) return [];
    const { version, perAttack, effort, ...result } = accuracy.output;
    return [{
      name,
      norm,
      radius,
      restarts: restartsApply(name) ? restarts : 1,
      seed,
      ...data?.sha256 !== undefined && { imagesSha256: data.sha256 },
      result,
      ...version &&
        { version: version === "custom" ? customVersion({ perAttack, effort }) : version },
    }];
  });
}

/** What `representative()` looks at in an evaluation. */
export function drawsOf({ result: { n }, seed, restarts }: StoredEvaluation): Chosen {
  return { n, seed, restarts };
}

/** A custom AutoAttack by its attacks and what they may spend, such as `apgd-ce+square, 100 queries`. */
export function customVersion(
  { perAttack = {}, effort = {} }: Pick<
    v.InferOutput<typeof AccuracySchema>,
    "perAttack" | "effort"
  >,
): string {
  const spent = Object.entries(effort).map(([what, count]) => `, ${count} ${what}`).join("");
  return Object.keys(perAttack).join("+") + spent;
}
