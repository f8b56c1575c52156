/**
 * What a run's own evaluations found of one checkpoint, under the threat model that it was trained for.
 *
 * @module
 */
import * as v from "valibot";
import { AUTOATTACK_MEMBERS } from "../../attack/autoattack/versions.ts";
import { formatRadius } from "../../evaluate/report.ts";
import type { RunRecord } from "../../run/run_record.ts";
import type { WeightsSubject } from "../../run/subject.ts";
import { ofOwnImages } from "../../report/own_images.ts";
import { representative } from "../../report/representative.ts";
import {
  drawsOf,
  evaluationsOf,
  readReports,
  type StoredEvaluation,
} from "../../report/run_evaluations.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const MemberSchema = v.object({
  accuracy: v.number(),
  attacked: count,
  broken: count,
  seconds: v.number(),
});

const DetailsSchema = v.object({
  version: v.string(),
  clean: v.object({ accuracy: v.number(), correct: count, n: count }),
  perAttack: v.record(v.picklist(AUTOATTACK_MEMBERS), MemberSchema),
  perturbation: v.object({
    largest: v.number(),
    nan: count,
    max: v.number(),
    min: v.number(),
  }),
  warnings: v.array(v.string()),
});

/** One standard AutoAttack, member by member. */
export interface MeasuredAutoAttack extends v.InferOutput<typeof DetailsSchema> {
  readonly evaluation: StoredEvaluation;
}

/** What is known. */
export interface Measured {
  /** Under the run's threat model and on its test images, one of each name: see {@linkcode representative}. */
  readonly evaluations: readonly StoredEvaluation[];
  /** AutoAttack's standard version among these; absent where it has not been run. */
  readonly autoAttack?: MeasuredAutoAttack;
}

/**
 * What was measured of the weights of a checkpoint of the run in `directory`.
 *
 * @throws {UsageError} if a file in the run's `eval/` is no report, or they are on several sets of images and which is the run's
 *   cannot be told
 * @throws {RunError} if it cannot be read
 */
export async function readMeasured(
  directory: string,
  { sha256, weights }: Pick<WeightsSubject, "sha256" | "weights">,
  record: Pick<RunRecord, "recipe" | "data">,
): Promise<Measured> {
  const { threat, seed } = record.recipe;
  const reports = await readReports(directory, sha256, weights);
  const radius = formatRadius(threat.epsilon);
  const reportOf = new Map(
    reports.flatMap((report) => evaluationsOf(report).map((each) => [each, report] as const))
      .filter(([each]) =>
        each.name === "clean" || each.norm === threat.norm && each.radius === radius
      ),
  );
  const standard = [...reportOf.keys()].filter(({ version = "standard" }) =>
    version === "standard"
  );
  const own = await ofOwnImages(standard, (each) => drawsOf(each).n, record, directory);
  const evaluations = Map.groupBy(own, ({ name }) => name).values()
    .map((all) => representative(all, seed, drawsOf)!).toArray();
  const found = evaluations.find(({ name }) => name === "autoattack");
  const details = v.safeParse(DetailsSchema, found && reportOf.get(found)!.autoattack);
  return {
    evaluations: inOrder(evaluations),
    ...details.success && { autoAttack: { ...details.output, evaluation: found! } },
  };
}

/** The clean accuracy first, AutoAttack last, attacks of PGD between them. */
function inOrder(evaluations: readonly StoredEvaluation[]): StoredEvaluation[] {
  const rank = (name: string) => name === "clean" ? 0 : name === "autoattack" ? 2 : 1;
  return evaluations.toSorted((a, b) => rank(a.name) - rank(b.name));
}

/** The clean accuracy on the most images, which AutoAttack has counted too. */
export function cleanOf(
  { evaluations, autoAttack }: Measured,
): StoredEvaluation["result"] | undefined {
  const clean = evaluations.find(({ name }) => name === "clean")?.result;
  const counted = autoAttack?.clean;
  return counted && counted.n > (clean?.n ?? 0) ? counted : clean;
}
