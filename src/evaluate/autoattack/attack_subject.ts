/**
 * AutoAttack on what an evaluation is of.
 *
 * @module
 */
import { loadBatch } from "../../data/batches.ts";
import type { FrozenModel } from "../../model/frozen.ts";
import type { EvaluationSettings } from "../evaluate.ts";
import type { EvaluationOptions } from "../evaluation_options.ts";
import { autoAttack } from "./autoattack.ts";
import type { Journal } from "./journal.ts";
import type { AutoAttackResult } from "./result.ts";

/** Runs AutoAttack, or goes on where `journal` stands. */
export async function attackSubject(
  journal: Journal,
  model: FrozenModel,
  settings: EvaluationSettings,
  { autoAttack: choice = {}, observer }: EvaluationOptions,
): Promise<{ readonly result: AutoAttackResult; readonly adversarial: Float32Array }> {
  const { dataset, ids, attack, backend, batchSize, seed, signal } = settings;
  const images = { ...loadBatch(dataset, ids), classes: dataset.classes.length };
  return await autoAttack(model.logits, images, {
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
}
