/**
 * AutoAttack on a network: its members one after another, each on the images that are still classified correctly.
 *
 * @module
 */
import { createMember } from "../attack/autoattack/members.ts";
import {
  type AutoAttackMember,
  type AutoAttackVersion,
  VERSION_TRAITS,
} from "../attack/autoattack/versions.ts";
import { assertWithinBounds } from "../attack/bounds.ts";
import { runSearches } from "../attack/autoattack/lanes.ts";
import { Oracle } from "../attack/autoattack/oracle.ts";
import type { PgdOptions } from "../attack/options.ts";
import type { LogitsFunction } from "../attack/pgd.ts";
import { type Example, type Outcome, predictedClass } from "../attack/autoattack/search.ts";
import type { Backend } from "../backend/backend.ts";
import { loadBatch } from "../data/batches.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { Interrupted, UsageError } from "../errors.ts";
import type { Accuracy, ImageAccuracy } from "./evaluate.ts";
import type { Journal, Verdict } from "./journal.ts";
import { type Perturbation, PerturbationMeter } from "./perturbation.ts";
import { checkNetwork, checkSquare } from "./sanity.ts";

/** What to attack, and how. */
export interface AutoAttackSettings {
  readonly backend: Backend;
  readonly dataset: Dataset;
  /** Indices of the images to evaluate. */
  readonly ids: Uint32Array;
  /** Images that are attacked at once. */
  readonly batchSize: number;
  readonly seed: number;
  readonly attack: Pick<PgdOptions, "norm" | "epsilon">;
  readonly version: AutoAttackVersion;
  /** What `custom` runs, in this order; the other versions' members are their own. */
  readonly members?: readonly AutoAttackMember[];
  /** Keeps what is found, so that another sitting continues. */
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
  /** Told what was noticed, and each member's result. */
  readonly onLine?: (line: string) => void;
  /** Told how far a member is before each of its batches. */
  readonly onProgress?: (member: AutoAttackMember, progress: MemberProgress) => void;
}

/** How far a member is. */
export interface MemberProgress {
  /** Images that it is done with, broken or not. */
  readonly done: number;
  /** Images that it attacks. */
  readonly of: number;
  readonly broken: number;
  /** Share of its queries in [0,1], about; a broken image counts as all of its queries. */
  readonly share: number;
}

/** What one member found. */
export interface MemberResult extends Accuracy {
  /** Images it attacked. */
  readonly attacked: number;
  /** Images it broke. */
  readonly broken: number;
  readonly seconds: number;
}

/** The outcome; accuracies are over all images, as the clean one is. */
export interface AutoAttackResult extends ImageAccuracy {
  readonly version: AutoAttackVersion;
  /** The accuracy before any attack. */
  readonly clean: Accuracy;
  /** The accuracy that each member left, in the order in which they ran. */
  readonly perAttack: Partial<Record<AutoAttackMember, MemberResult>>;
  readonly perturbation: Perturbation;
  readonly warnings: readonly string[];
}

/** Images that the first checks look at, at most. */
const CHECKED = 250;
/** The difference of logits ratio needs four classes. */
const LEAST_CLASSES = 4;

/**
 * Attacks `network`. Every member attacks the original images afresh; an image counts as robust if none breaks it.
 *
 * @returns the result, and every evaluated image as the attacks left it (NHWC, in the order of `ids`; the
 *   clean image where it is robust or was never classified correctly)
 * @throws {UsageError} if there are fewer than four classes
 * @throws {Interrupted} if the signal is aborted
 * @throws {RunError} if an image leaves its ball, or the device or the journal fails
 */
export async function autoAttack(
  network: LogitsFunction,
  settings: AutoAttackSettings,
): Promise<{ readonly result: AutoAttackResult; readonly adversarial: Float32Array }> {
  const { dataset, ids, attack, version, journal, signal } = settings;
  if (dataset.classes.length < LEAST_CLASSES) {
    throw new UsageError(
      `AutoAttack needs four classes for its losses, and ${dataset.name} has ${dataset.classes.length}.`,
    );
  }
  const tell = (line: string) => settings.onLine?.(line);
  const oracle = new Oracle(network, dataset, settings.backend);
  const values = valuesPerImage(dataset.shape);
  const traits = VERSION_TRAITS[version];
  const members = version === "custom" ? settings.members ?? [] : traits.members;
  const images = loadBatch(dataset, ids).x;
  let robust = await findCorrect(oracle, images, settings);
  const accuracy = () => robust.length / ids.length;
  const clean = { accuracy: accuracy(), correct: robust.length, n: ids.length };
  tell(`initial accuracy: ${percent(clean.accuracy)}`);

  const head = ids.slice(0, Math.min(CHECKED, settings.batchSize));
  const { x, y } = loadBatch(dataset, head);
  const warnings = await checkNetwork(oracle, { images: x, labels: y, targets: y });
  for (const warning of warnings) tell(`Warning: ${warning}`);

  const adversarial = images.slice();
  const rowOf = new Map(Array.from(ids, (id, row) => [id, row]));
  const perAttack: Partial<Record<AutoAttackMember, MemberResult>> = {};
  for (const member of members) {
    const before = robust, known = verdictsOf(member, before, journal);
    for (const { id, outcome } of known) {
      const row = rowOf.get(id)! * values;
      if (outcome) {
        assertWithinBounds(images.subarray(row, row + values), outcome, attack, [id]);
      }
    }
    const found = new Map<number, Outcome>(known.map(({ id, outcome }) => [id, outcome]));
    const earlier = known.at(-1)?.seconds ?? 0, since = performance.now();
    const seconds = () => earlier + (performance.now() - since) / 1000;
    let broken = known.filter(({ outcome }) => outcome).length;
    const search = createMember(member, { ...attack, seed: settings.seed, ...traits });
    await runSearches(
      search,
      before.filter(({ id }) => !found.has(id)),
      oracle,
      settings.batchSize,
      async ({ id, x }, outcome) => {
        if (outcome) assertWithinBounds(x, outcome, attack, [id]);
        found.set(id, outcome);
        if (outcome) broken++;
        await journal?.append({ member, id, outcome, seconds: seconds() });
      },
      (asked) => {
        if (signal?.aborted) throw new Interrupted(stopped(journal));
        const share = Math.min(1, (found.size + asked / search.queries) / before.length);
        settings.onProgress?.(member, { done: found.size, of: before.length, broken, share });
      },
    );
    robust = before.filter(({ id }) => found.get(id) === undefined);
    for (const [id, outcome] of found) {
      if (outcome) adversarial.set(outcome, rowOf.get(id)! * values);
    }
    const correct = robust.length, attacked = before.length;
    perAttack[member] = {
      accuracy: accuracy(),
      correct,
      n: ids.length,
      attacked,
      broken: attacked - correct,
      seconds: seconds(),
    };
    tell(describeMember(member, perAttack[member]));
    const warning = member === "square" && Object.keys(perAttack).length > 1 &&
      checkSquare(attacked / ids.length, accuracy());
    if (warning) {
      warnings.push(warning);
      tell(`Warning: ${warning}`);
    }
  }
  const meter = new PerturbationMeter(attack.norm, values);
  meter.add(images, adversarial);
  const n = ids.length, correct = robust.length;
  const standing = new Set(robust.map(({ id }) => id));
  const result = {
    accuracy: accuracy(),
    correct,
    n,
    verdicts: Array.from(ids, (id) => +standing.has(id)).join(""),
    version,
    clean,
    perAttack,
    perturbation: meter.result(),
    warnings,
  };
  return { result, adversarial };
}

/** `robust accuracy after APGD-CE: 53.10% (total time 12.3 s)`, the line that AutoAttack's users know. */
export function describeMember(member: AutoAttackMember, result: MemberResult): string {
  const name = member.toUpperCase();
  const time = result.seconds.toFixed(1);
  return `robust accuracy after ${name}: ${percent(result.accuracy)} (total time ${time} s)`;
}

function percent(accuracy: number): string {
  return `${(100 * accuracy).toFixed(2)}%`;
}

function stopped(journal: Journal | undefined): string {
  return journal
    ? "Stopped during AutoAttack: the same command continues where it stopped."
    : "Stopped during AutoAttack.";
}

/** What the journal says of the images that `member` attacks. */
function verdictsOf(
  member: AutoAttackMember,
  attacked: readonly Example[],
  journal: Journal | undefined,
): Verdict[] {
  const ids = new Set(attacked.map(({ id }) => id));
  return (journal?.verdicts ?? []).filter((each) => each.member === member && ids.has(each.id));
}

/** The images that the network classifies correctly, with their logits. */
async function findCorrect(
  oracle: Oracle,
  images: Float32Array,
  { dataset, ids, batchSize, signal, journal }: AutoAttackSettings,
): Promise<Example[]> {
  const correct: Example[] = [];
  const { shape } = dataset, values = valuesPerImage(shape);
  for (let first = 0; first < ids.length; first += batchSize) {
    if (signal?.aborted) throw new Interrupted(stopped(journal));
    const batch = images.subarray(first * values, (first + batchSize) * values);
    const answers = await oracle.logits(batch);
    for (let row = 0; row < batch.length / values; row++) {
      const logits = answers.slice(row * oracle.classes, (row + 1) * oracle.classes);
      const id = ids[first + row]!, label = dataset.labels[id]!;
      if (predictedClass(logits) !== label) continue;
      const x = batch.subarray(row * values, (row + 1) * values);
      correct.push({ id, x, shape, label, logits });
    }
  }
  return correct;
}
