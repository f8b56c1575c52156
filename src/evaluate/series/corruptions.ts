/**
 * Accuracy under common corruptions.
 *
 * @module
 */
import { firstIndices } from "../../data/batches.ts";
import { SEVERITIES } from "../../data/corruptions/corruption.ts";
import {
  averagedKinds,
  corrupted,
  type CorruptionName,
} from "../../data/corruptions/corruptions.ts";
import { Interrupted } from "../../errors.ts";
import type { FrozenModel } from "../../model/frozen.ts";
import { type Accuracy, evaluateAccuracy, type EvaluationSettings } from "../evaluate.ts";

/** Accuracies under one kind. */
export interface KindAccuracies {
  /** The mean over the severities. */
  readonly accuracy: number;
  /** At severity 1 to 5. */
  readonly severities: readonly Accuracy[];
}

/** Accuracies under common corruptions. */
export interface CorruptionAccuracies {
  /**
   * The mean over the kinds that were asked for. CIFAR-10-C's is over all 15, frost of photographs among them, which is generated
   * here; reports of earlier versions have 14 at most, without frost. Kinds that its mean does not count are in this one only where
   * no others were asked for.
   */
  readonly accuracy: number;
  /** By kind. */
  readonly kinds: Readonly<Partial<Record<CorruptionName, KindAccuracies>>>;
}

/** Its name in progress and file names. */
export const CORRUPTED = "corruptions";

/**
 * Accuracies of `model` on corrupted images, which are made as they are needed, by the seed of `settings`. Throws as
 * {@linkcode evaluateAccuracy} does.
 *
 * @param onProgress told after every batch how many of `n` images are done, of all kinds and severities together
 */
export async function evaluateCorruptions(
  names: readonly CorruptionName[],
  model: FrozenModel,
  settings: EvaluationSettings,
  onProgress?: (done: number, n: number) => void,
): Promise<CorruptionAccuracies> {
  const { dataset, ids, batchSize, seed, signal } = settings;
  const all = names.length * SEVERITIES * ids.length;
  const found = new Map<CorruptionName, number[]>();
  let done = 0;
  for (const name of names) {
    const counts = new Array<number>(SEVERITIES).fill(0);
    found.set(name, counts);
    for (let severity = 1; severity <= SEVERITIES; severity++) {
      for (let first = 0; first < ids.length; first += batchSize) {
        if (signal?.aborted) throw new Interrupted("Stopped during the evaluation.");
        const some = ids.slice(first, first + batchSize);
        const { correct } = await evaluateAccuracy("clean", model, {
          ...settings,
          dataset: corrupted(dataset, some, name, severity, seed),
          ids: firstIndices(some.length, undefined),
          onProgress: () => onProgress?.(done += some.length, all),
        });
        counts[severity - 1]! += correct;
      }
    }
  }
  return corruptionAccuracies(found, ids.length);
}

/** The accuracies of which `found` has the correct ones of `n` images, by kind, at each severity. */
export function corruptionAccuracies(
  found: ReadonlyMap<string, readonly number[]>,
  n: number,
): CorruptionAccuracies {
  const mean = (all: readonly { readonly accuracy: number }[]) =>
    all.reduce((sum, { accuracy }) => sum + accuracy, 0) / all.length;
  const kinds = Array.from(found, ([name, counts]) => {
    const severities = counts.map((correct) => ({ accuracy: correct / n, correct, n }));
    return [name, { accuracy: mean(severities), severities }] as const;
  });
  const averaged = averagedKinds(kinds.map(([name]) => name));
  const counted = kinds.filter(([name]) => averaged.includes(name)).map(([, each]) => each);
  return { accuracy: mean(counted), kinds: Object.fromEntries(kinds) };
}
