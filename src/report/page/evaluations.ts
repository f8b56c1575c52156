/**
 * What a run's `eval/` says of its checkpoints, with everything that a page draws.
 *
 * @module
 */
import { basename, join } from "@std/path";
import * as v from "valibot";
import { SEVERITIES } from "../../data/corruptions/corruption.ts";
import { listFolder, readWholeFile } from "../../disk/files.ts";
import { isEvaluationName, restartsApply } from "../../evaluate/evaluate.ts";
import { customVersion } from "../run_evaluations.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counted = { correct: count, n: v.pipe(count, v.minValue(1)) };

const AccuracySchema = v.object({
  ...counted,
  /** Rows: true class, columns: predicted class. */
  confusion: v.optional(v.array(v.array(count))),
});

const AutoAttackSchema = v.object({
  ...AccuracySchema.entries,
  version: v.string(),
  clean: v.object(counted),
  perAttack: v.record(
    v.string(),
    v.object({ ...counted, broken: count, seconds: v.number() }),
  ),
  effort: v.optional(v.record(v.string(), count)),
  warnings: v.optional(v.array(v.string()), []),
});

const ReportSchema = v.looseObject({
  autoattack: v.optional(AutoAttackSchema),
  curve: v.optional(v.object({
    attack: v.string(),
    points: v.array(v.object({ epsilon: v.number(), ...counted })),
  })),
  corruptions: v.optional(v.object({
    kinds: v.record(
      v.string(),
      v.object({ severities: v.pipe(v.array(v.object(counted)), v.length(SEVERITIES)) }),
    ),
  })),
  checkpoint: v.object({
    path: v.string(),
    sha256: v.string(),
    name: v.nullable(v.string()),
    weights: v.optional(v.string()),
  }),
  /** Reports of earlier versions have no digest of their images. */
  data: v.optional(v.object({ sha256: v.optional(v.string()) })),
  attack: v.object({ norm: v.string(), fraction: v.string(), restarts: count }),
  seed: count,
});

/** An accuracy of a checkpoint. */
export interface PageAccuracy extends v.InferOutput<typeof AccuracySchema> {
  /**
   * `clean`, `pgd20` …, or `autoattack`; with `restarts5` behind it where there were more than one, and with AutoAttack's
   * version where that is not the standard one, of a custom one with its attacks and what they may spend: none may pass for
   * another.
   */
  readonly name: string;
}

/** What one evaluation found. */
export interface PageEvaluation {
  /** Its file in `eval/`. */
  readonly file: string;
  /** File name, digest and name (`best` or `last`) of what was evaluated. */
  readonly checkpoint: { readonly file: string; readonly sha256: string; readonly name?: string };
  /** Of the weights of the optimiser, where an average of them stands for the run. */
  readonly raw: boolean;
  readonly norm: string;
  /** Radius of the attacks' ball, such as `8/255`. */
  readonly radius: string;
  /** Runs of PGD and CW, each from another start. */
  readonly restarts: number;
  /** Seed of the attacks' draws. */
  readonly seed: number;
  /** SHA-256 of the test images; absent where the report has none. */
  readonly imagesSha256?: string;
  /** Whether these are others than the run's own, or may be. */
  readonly elsewhere?: true;
  /** In the order of the report, AutoAttack's last. */
  readonly accuracies: readonly PageAccuracy[];
  readonly autoattack?: v.InferOutput<typeof AutoAttackSchema>;
  /** Robust accuracy by radius. */
  readonly curve?: v.InferOutput<typeof ReportSchema>["curve"];
  /** Accuracies by kind of corruption, from severity 1 on. */
  readonly corruptions?: Readonly<
    Record<string, readonly { readonly correct: number; readonly n: number }[]>
  >;
}

/**
 * Everything that lies in the `eval/` of the run in `directory`, by file name.
 *
 * @param onNote told of a file that is no report, or whose accuracy cannot be read
 * @throws {RunError} if the folder or a file in it cannot be read
 */
export async function readPageEvaluations(
  directory: string,
  onNote: (note: string) => void,
): Promise<PageEvaluation[]> {
  const folder = join(directory, "eval");
  const names = (await listFolder(folder)).map(({ name }) => name);
  const found: PageEvaluation[] = [];
  for (const file of names.filter((name) => name.endsWith(".json")).sort()) {
    const text = new TextDecoder().decode(await readWholeFile(join(folder, file)));
    const evaluation = decode(file, text);
    if (evaluation) found.push(evaluation);
    else onNote(`${join("eval", file)} is no report of memloss eval and is left out`);
  }
  return found;
}

/** How many images an evaluation is on. */
export function countOf({ accuracies, curve, corruptions }: PageEvaluation): number {
  const [severities] = Object.values(corruptions ?? {});
  return (accuracies[0] ?? curve?.points[0] ?? severities?.[0])?.n ?? 0;
}

function decode(file: string, text: string): PageEvaluation | undefined {
  let report: v.InferOutput<typeof ReportSchema>;
  const accuracies: PageAccuracy[] = [];
  try {
    report = v.parse(ReportSchema, JSON.parse(text));
    for (const [name, value] of Object.entries(report)) {
      if (!isEvaluationName(name)) continue;
      const { restarts } = report.attack, several = restarts > 1 && restartsApply(name);
      const apart = several ? `${name} restarts${restarts}` : name;
      accuracies.push({ name: apart, ...v.parse(AccuracySchema, value) });
    }
  } catch {
    return undefined;
  }
  const { autoattack, curve, corruptions, checkpoint, attack, data } = report;
  const { path, sha256, name, weights } = checkpoint;
  if (autoattack) {
    const { version } = autoattack;
    const told = version === "custom" ? `custom ${customVersion(autoattack)}` : version;
    const name = version === "standard" ? "autoattack" : `autoattack ${told}`;
    accuracies.push({ name, ...v.parse(AccuracySchema, autoattack) });
  }
  return {
    file,
    checkpoint: { file: basename(path), sha256, ...name !== null && { name } },
    raw: weights === "raw",
    norm: attack.norm,
    radius: attack.fraction,
    restarts: attack.restarts,
    seed: report.seed,
    ...data?.sha256 !== undefined && { imagesSha256: data.sha256 },
    accuracies,
    ...autoattack && { autoattack },
    ...curve && { curve },
    ...corruptions && {
      corruptions: Object.fromEntries(
        Object.entries(corruptions.kinds).map(([kind, { severities }]) => [kind, severities]),
      ),
    },
  };
}
