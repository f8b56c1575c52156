/**
 * AutoAttack on a network: its members one after another, each on the images that are still classified correctly.
 *
 * @module
 */
import { Oracle } from "../../attack/autoattack/oracle.ts";
import {
  type AutoAttackMember,
  type AutoAttackVersion,
  type Effort,
  PUBLISHED_EFFORT,
  restartsOf,
  VERSION_TRAITS,
} from "../../attack/autoattack/versions.ts";
import type { AttackNorm } from "../../attack/options.ts";
import type { LogitsFunction } from "../../attack/pgd.ts";
import type { Backend } from "../../backend/backend.ts";
import { valuesPerImage } from "../../data/dataset.ts";
import { confusionOf } from "../confusion.ts";
import { RADIUS } from "../evaluate.ts";
import { PerturbationMeter } from "../perturbation.ts";
import { type AttackedImages, checkImages, findCorrect } from "./attacked_images.ts";
import type { Journal } from "./journal.ts";
import { type MemberProgress, runMember } from "./member_run.ts";
import {
  type AutoAttackResult,
  describeClean,
  describeMember,
  type MemberResult,
} from "./result.ts";
import {
  checkClasses,
  checkNetwork,
  overflowWarning,
  refuseRepeated,
  refuseTargets,
  squareWarning,
} from "./sanity.ts";
import { Sitting } from "./sitting.ts";

/** How to attack. */
export interface AutoAttackOptions {
  /**
   * What bounds the attack.
   *
   * @default {"linf"}
   */
  readonly norm?: AttackNorm;
  /**
   * Radius of the ball.
   *
   * @default {8/255, in L2 128/255}
   */
  readonly epsilon?: number;
  /**
   * Which AutoAttack.
   *
   * @default {"standard"}
   */
  readonly version?: AutoAttackVersion;
  /**
   * What `custom` runs, in this order; the other versions' members are their own.
   *
   * @default {none}
   */
  readonly members?: readonly AutoAttackMember[];
  /**
   * What `custom` spends; the other versions spend what was published.
   *
   * @default {as published}
   */
  readonly effort?: Partial<Effort>;
  /**
   * Images that are attacked at once; never changes a result.
   *
   * @default {128}
   */
  readonly batchSize?: number;
  /**
   * Seed of every random draw.
   *
   * @default {1}
   */
  readonly seed?: number;
  /**
   * The device that computes, whose errors are then told. One named `webgpu` is asked about two batches at once.
   *
   * @default {whichever tfjs uses}
   */
  readonly backend?: Pick<Backend, "guard"> & Partial<Pick<Backend, "name">>;
  /**
   * Keeps what is found, so that another sitting continues.
   *
   * @default {nothing is kept}
   */
  readonly journal?: Journal;
  /**
   * Stops between two batches.
   *
   * @default {never}
   */
  readonly signal?: AbortSignal;
  /**
   * Told what was noticed, and each member's result.
   *
   * @default {nobody is told}
   */
  readonly onLine?: (line: string) => void;
  /**
   * Told how far a member is before each of its batches.
   *
   * @default {nobody is told}
   */
  readonly onProgress?: (member: AutoAttackMember, progress: MemberProgress) => void;
}

/** Images that the first checks look at, at most. */
const CHECKED = 250;
/** Stands for a device that reports no errors of its own. */
const UNGUARDED: Pick<Backend, "guard"> = { guard: (work) => work };

/**
 * Attacks `network`. Every member attacks the original images afresh; an image counts as robust if none breaks it.
 *
 * @example How robust is a network of one's own?
 * ```ts
 * import { autoAttack, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const weights = tf.randomNormal<tf.Rank.R2>([64, 4]);
 * const network = (x: tf.Tensor4D) => tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, 64]), weights);
 * const x = Float32Array.from({ length: 2 * 64 }, Math.random);
 * const y = Uint8Array.from(await tf.argMax(network(tf.tensor4d(x, [2, 8, 8, 1])), 1).data());
 * const images = { x, y, shape: { height: 8, width: 8, channels: 1 }, classes: 4 };
 * const { result } = await autoAttack(network, images, { epsilon: 32 / 255, backend });
 * assert.equal(result.clean.correct, 2);
 * assert.ok(result.correct <= 2);
 * console.log(result.accuracy, result.perAttack);
 * backend.close();
 * ```
 *
 * @returns the result, and every image as the attacks left it (NHWC, in the order that they were given in; the
 *   clean image where it is robust or was never classified correctly)
 * @throws {UsageError} if there are fewer than two classes, `custom` names a member twice, one that needs more than there are or more targets
 *   than there are others, or the images and labels do not fit together
 * @throws {Interrupted} if the signal is aborted
 * @throws {RunError} if the logits of a clean image are not finite, an adversarial image leaves its ball, or the device or
 *   the journal fails
 */
export async function autoAttack(
  network: LogitsFunction,
  images: AttackedImages,
  options: AutoAttackOptions = {},
): Promise<{ readonly result: AutoAttackResult; readonly adversarial: Float32Array }> {
  const { version = "standard", batchSize = 128, seed = 1, norm = "linf", journal, signal } =
    options;
  const attack = { norm, epsilon: options.epsilon ?? RADIUS[norm] };
  checkImages(images);
  const { x, y, shape, classes, ids = Uint32Array.from(y.keys()) } = images;
  const values = valuesPerImage(shape);
  const tell = (line: string) => options.onLine?.(line);
  const warnings: string[] = [];
  const warn = (...lines: readonly (string | undefined)[]) => {
    for (const line of lines.filter((line) => line !== undefined)) {
      warnings.push(line);
      tell(`warning: ${line}`);
    }
  };
  const oracle = new Oracle(network, { classes, shape }, options.backend ?? UNGUARDED);
  const traits = VERSION_TRAITS[version];
  const effort = version === "custom" ? options.effort : undefined;
  if (version === "custom") refuseRepeated(options.members ?? []);
  if (effort) refuseTargets(effort, classes);
  const { members, warning: leftOut } = version === "custom"
    ? checkClasses(options.members ?? [], classes, true)
    : checkClasses(traits.members, classes, false);
  const sitting = new Sitting(journal, signal, (line) => tell(`warning: ${line}`));
  const given = await findCorrect(oracle, { x, y, shape, classes, ids }, batchSize, sitting);
  const { predicted } = given;
  let robust = given.correct;
  const accuracy = () => robust.length / ids.length;
  const clean = { accuracy: accuracy(), correct: robust.length, n: ids.length };
  tell(describeClean(clean));

  const checked = Math.min(CHECKED, batchSize), labels = y.slice(0, checked);
  const head = x.slice(0, checked * values);
  warn(leftOut, ...await checkNetwork(oracle, { images: head, labels, targets: labels }));

  const adversarial = x.slice();
  const rowOf = new Map(Array.from(ids, (id, row) => [id, row]));
  const perAttack: Partial<Record<AutoAttackMember, MemberResult>> = {};
  for (const member of members) {
    const before = robust;
    const { found, seconds } = await runMember(member, before, oracle, sitting, {
      ...{ ...attack, seed, ...PUBLISHED_EFFORT, ...effort, batchSize },
      restarts: restartsOf(member, version, effort?.restarts),
      gradientSamples: traits.gradientSamples,
      ...options.onProgress && { onProgress: options.onProgress },
    });
    robust = before.filter(({ id }) => found.get(id) === undefined);
    for (const [id, outcome] of found) {
      if (outcome === undefined) continue;
      const row = rowOf.get(id)!;
      adversarial.set(outcome.image, row * values);
      predicted[row] = outcome.predicted;
    }
    const correct = robust.length, attacked = before.length;
    perAttack[member] = {
      accuracy: accuracy(),
      correct,
      n: ids.length,
      attacked,
      broken: attacked - correct,
      seconds,
    };
    tell(describeMember(member, perAttack[member]));
    if (member === "square") warn(squareWarning(perAttack));
  }
  const meter = new PerturbationMeter(attack.norm, values);
  meter.add(x, adversarial);
  const n = ids.length, correct = robust.length, confusion = confusionOf(y, predicted, classes);
  warn(overflowWarning({ n, confusion }));
  const standing = new Set(robust.map(({ id }) => id));
  const result = {
    accuracy: accuracy(),
    correct,
    n,
    verdicts: Array.from(ids, (id) => +standing.has(id)).join(""),
    confusion,
    version,
    ...effort && { effort },
    clean,
    perAttack,
    perturbation: meter.result(),
    warnings,
  };
  return { result, adversarial };
}
