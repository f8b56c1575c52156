/**
 * What evaluations cost: accuracy clean and under PGD, and AutoAttack's members, on a network of random weights. A member
 * is timed on images that it cannot break, for only those cost what it may spend.
 *
 * @module
 */
import { type ExampleAttack, runSearches } from "../attack/autoattack/lanes.ts";
import { createMember } from "../attack/autoattack/members.ts";
import { Oracle } from "../attack/autoattack/oracle.ts";
import type { Example } from "../attack/autoattack/search.ts";
import type { SearchState } from "../attack/autoattack/search_state.ts";
import {
  type AutoAttackMember,
  PUBLISHED_EFFORT,
  VERSION_TRAITS,
} from "../attack/autoattack/versions.ts";
import type { Backend } from "../backend/backend.ts";
import { firstIndices, loadBatch } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { evaluateAccuracy, type EvaluationName, RADIUS } from "../evaluate/evaluate.ts";
import { buildArchitecture, DEFAULT_ARCHITECTURE } from "../model/architectures/architectures.ts";
import { freeze, type FrozenModel, prepareFrozen } from "../model/frozen.ts";
import { disposeAll, initialise } from "../model/parameters.ts";
import { asClassified } from "./classified.ts";
import { randomImages } from "./random_images.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { secondsOf } from "./timing.ts";
import { compareInTurns, type Cost } from "./turns.ts";

/** What is compared; the first is what the others are held against. Passes of an image, forwards or back. */
const EVALUATIONS = [
  { evaluation: "clean", passes: 1 },
  { evaluation: "fgsm", passes: 3 },
  { evaluation: "pgd20", passes: 41 },
] as const satisfies readonly { evaluation: EvaluationName; passes: number }[];

/** An accuracy's cost. */
export interface EvaluationCost extends Cost {
  readonly evaluation: EvaluationName;
}

/** What a member of AutoAttack costs. */
export interface MemberCost {
  readonly member: AutoAttackMember;
  /** Images that it asks the network about before it gives one up, with the published effort; of FAB-T about. */
  readonly queries: number;
  /** Of which it asks so many in a second. */
  readonly queriesPerSecond: Spread;
  /** Seconds that it takes, by that, for an image that withstands it. */
  readonly secondsPerImage: Spread;
}

/** What all of it costs. */
export interface EvaluationCosts {
  readonly evaluations: readonly EvaluationCost[];
  /** Of the version `standard`. */
  readonly members: readonly MemberCost[];
  /** Seconds for an image that withstands all of them, turn by turn. */
  readonly secondsPerRobustImage: Spread;
}

/** What members are timed with: far less than an evaluation spends, and each of its questions costs what any other does. */
const EFFORT = {
  iterations: 10,
  queries: 20,
  restarts: 1,
  targets: 1,
  gradientSamples: 1,
} as const;
/** Too short a way to change what the network sees in an image. */
const NO_WAY = 1e-6;

/**
 * Makes each evaluation of `batchSize` random images `pairs` times on `backend`.
 *
 * @throws {RunError} if the device fails
 */
export async function compareEvaluations(
  backend: Backend,
  width: number,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<EvaluationCosts> {
  const dataset = randomImages(2 * batchSize), { shape, classes } = dataset;
  const architecture = buildArchitecture(DEFAULT_ARCHITECTURE, { width, classes: classes.length });
  const state = initialise(architecture, 1);
  const model = freeze(architecture, state);
  [state.parameters, state.buffers].forEach(disposeAll);
  try {
    await backend.guard(prepareFrozen(architecture, shape, batchSize, backend));
    const evaluations = await compareAccuracies(
      { backend, dataset, model },
      batchSize,
      pairs,
      progress,
    );
    const oracle = new Oracle(model.logits, { classes: classes.length, shape }, backend);
    const members = await compareMembers(oracle, dataset, batchSize, pairs, progress);
    return { evaluations, ...members };
  } finally {
    model.dispose();
  }
}

async function compareAccuracies(
  { model, ...settings }: { backend: Backend; dataset: Dataset; model: FrozenModel },
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<EvaluationCost[]> {
  const attack = { norm: "linf", epsilon: RADIUS.linf } as const;
  const ids = firstIndices(settings.dataset.n, batchSize);
  const asked = { ...settings, ids, batchSize, seed: 1, attack };
  const sides = EVALUATIONS.map(({ evaluation, passes }) => ({
    ...{ name: evaluation, passes },
    run: () => secondsOf(() => evaluateAccuracy(evaluation, model, asked)),
  }));
  const costs = await compareInTurns(sides, batchSize, pairs, progress);
  return costs.map((cost, i) => ({ evaluation: EVALUATIONS[i]!.evaluation, ...cost }));
}

async function compareMembers(
  oracle: Oracle,
  dataset: Dataset,
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<Pick<EvaluationCosts, "members" | "secondsPerRobustImage">> {
  // As many as the device is asked about at once.
  const ids = firstIndices(dataset.n, oracle.batches * batchSize);
  const examples = await asClassified(oracle, loadBatch(dataset, ids), batchSize);
  const where = { norm: "linf", epsilon: NO_WAY, seed: 1 } as const;
  const sides = VERSION_TRAITS.standard.members.map((member) => {
    const attack = createMember(member, { ...where, ...EFFORT });
    const { queries } = createMember(member, { ...where, ...EFFORT, ...PUBLISHED_EFFORT });
    /** Queries in a second. */
    const run = async () => {
      let asked = 0;
      const seconds = await secondsOf(async () => {
        asked = await searchAll(attack, examples, oracle, batchSize);
      });
      return asked / seconds;
    };
    return { member, queries, run, speeds: [] as number[] };
  });
  for (let pair = 0; pair <= pairs; pair++) { // the first of each compiles, and does not count
    for (const { member, run, speeds } of sides) {
      progress(pair === 0 ? `${member}: the first time` : `turn ${pair} of ${pairs}: ${member}`);
      const speed = await run();
      if (pair > 0) speeds.push(speed);
    }
  }
  const turns = Array.from({ length: pairs }, (_, turn) => turn);
  const perImage = turns.map((turn) =>
    sides.reduce((sum, { queries, speeds }) => sum + queries / speeds[turn]!, 0)
  );
  return {
    members: sides.map(({ member, queries, speeds }) => ({
      ...{ member, queries },
      queriesPerSecond: spreadOf(speeds),
      secondsPerImage: spreadOf(speeds.map((speed) => queries / speed)),
    })),
    secondsPerRobustImage: spreadOf(perImage),
  };
}

/** Attacks all of `examples`, `width` at a time, and returns how many images the network was asked about. */
export async function searchAll(
  attack: ExampleAttack,
  examples: readonly Example[],
  oracle: Oracle,
  width: number,
): Promise<number> {
  const states = new Map<number, SearchState>();
  let asked = 0;
  await runSearches(attack, examples, oracle, {
    ...{ width, states },
    // A state counts answers that led to another question.
    onDone: ({ id }) => void (asked += 1 + (states.get(id)?.asked ?? 0)),
  });
  return asked;
}
