/**
 * AutoAttack on what an evaluation is of, with its state on disk.
 *
 * @module
 */
import { loadBatch } from "../../data/batches.ts";
import type { FrozenModel } from "../../model/frozen.ts";
import type { Subject } from "../../run/subject.ts";
import type { EvaluationSettings } from "../evaluate.ts";
import type { EvaluationOptions } from "../evaluation_options.ts";
import { autoAttack, type AutoAttackResult } from "./autoattack.ts";
import { openState } from "./state_folder.ts";

/** Runs AutoAttack, or goes on where the same evaluation stopped; `finish` removes what was kept for that. */
export async function attackSubject(
  subject: Subject,
  model: FrozenModel,
  settings: EvaluationSettings,
  { autoAttack: choice = {}, input, observer }: EvaluationOptions,
): Promise<
  { result: AutoAttackResult; adversarial: Float32Array; finish: () => Promise<void> }
> {
  const journal = await openState(subject, settings, choice, input);
  const { dataset, ids, attack, backend, batchSize, seed, signal } = settings;
  const images = { ...loadBatch(dataset, ids), classes: dataset.classes.length };
  try {
    const finished = await autoAttack(model.logits, images, {
      ...attack,
      backend,
      batchSize,
      seed,
      journal,
      ...choice.version && { version: choice.version },
      ...choice.members && { members: choice.members },
      ...choice.effort && { effort: choice.effort },
      ...signal && { signal },
      onLine: (line) => observer?.onAutoAttack?.(line),
      onProgress: (member, progress) => observer?.onMember?.(member, progress),
    });
    return { ...finished, finish: () => journal.remove() };
  } catch (error) {
    journal.close();
    throw error;
  }
}
