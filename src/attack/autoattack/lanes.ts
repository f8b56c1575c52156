/**
 * Runs many searches at once: every lane of a batch holds one image's search, and takes the next image as soon as its
 * search ends. Broken images cost nothing more, and the device stays full to the end.
 *
 * @module
 */
import { predictedClass } from "../../model/predicted_class.ts";
import type { ExampleLoss } from "./example_losses.ts";
import type { Answers, Oracle } from "./oracle.ts";
import type { Example, Outcome, Query, Search } from "./search.ts";
import { type SearchState, unbegun } from "./search_state.ts";

/** An attack on single images. */
export interface ExampleAttack {
  /** What it maximises; absent if it asks for logits only. */
  readonly loss?: ExampleLoss;
  /** What a search that finds nothing asks, about: for a forecast of its time. */
  readonly queries: number;
  /** How far from the clean image its points lie, at most. */
  readonly reach: number;
  /** Attacks one image from where `state` stands, which it keeps up to date. */
  search(example: Example, state: SearchState): Search<Outcome>;
}

/** How an image was broken. */
export interface Break {
  /** The adversarial image. */
  readonly image: Float32Array;
  /** What the network took it for, see {@linkcode predictedClass}. */
  readonly predicted: number;
}

/** One image being attacked. */
interface Lane {
  readonly example: Example;
  readonly search: Search<Outcome>;
  readonly state: SearchState;
  query: Query;
}

/** Lanes that are asked about together. */
interface Batch {
  lanes: Lane[];
  /** While the device works on them. */
  answers?: Promise<Answers> | undefined;
}

/** How many searches go on at once, where they stand, and who is told. */
export interface LaneOptions {
  /** Lanes of a batch. */
  readonly width: number;
  /**
   * Where the searches stand that have begun and not ended, by the example's id: they go on from there, and the map
   * is kept up to date before every batch: where the device still works on another, before what that asks.
   *
   * @default {none has begun}
   */
  readonly states?: Map<number, SearchState>;
  /** Told each result; awaited before the next batch. */
  readonly onDone: (example: Example, found: Break | undefined) => void | Promise<void>;
  /** Awaited before every batch; what it throws stops the run. */
  readonly onBatch?: () => Promise<void>;
}

/**
 * Attacks every example, `width` at a time, or twice as many where the device answers about one batch while the next is made
 * up. An image's result does not depend on which others share its batches, as far as the engine's arithmetic does not: on
 * the CPU engine not by a bit.
 */
export async function runSearches(
  attack: ExampleAttack,
  examples: Iterable<Example>,
  oracle: Oracle,
  { width, states = new Map(), onDone, onBatch }: LaneOptions,
): Promise<void> {
  const waiting = examples[Symbol.iterator]();
  const end = async (example: Example, outcome: Outcome, logits: Float32Array) => {
    await onDone(example, outcome && { image: outcome, predicted: predictedClass(logits) });
    states.delete(example.id);
  };
  const batches = Array.from({ length: oracle.batches }, (): Batch => ({ lanes: [] }));
  /** Fills the lanes of `batch`; whether nobody waits any more. */
  const fill = async (batch: Batch): Promise<boolean> => {
    while (batch.lanes.length < width) {
      const { done, value: example } = waiting.next();
      if (done) return true;
      const state = states.get(example.id) ?? unbegun();
      const search = attack.search(example, state), first = search.next();
      if (first.done) {
        await end(example, first.value, example.logits);
        continue;
      }
      states.set(example.id, state);
      batch.lanes.push({ example, search, state, query: first.value });
    }
    return false;
  };
  /** Gives the lanes of `batch` the answers that they wait for; those whose searches end are free. */
  const advance = async (batch: Batch): Promise<void> => {
    if (batch.answers === undefined) return;
    const { logits, slope } = await batch.answers, { lanes } = batch;
    batch.answers = undefined;
    batch.lanes = [];
    const row = (values: Float32Array, i: number, size: number) =>
      values.subarray(i * size, (i + 1) * size);
    for (const [i, lane] of lanes.entries()) {
      const answer = row(logits, i, oracle.classes);
      const step = lane.search.next({
        logits: answer,
        loss: slope ? slope.losses[i]! : NaN,
        gradient: slope ? row(slope.gradients, i, lane.query.point.length) : NO_GRADIENT,
      });
      if (step.done) await end(lane.example, step.value, answer);
      else {
        lane.query = step.value;
        lane.state.asked++;
        batch.lanes.push(lane);
      }
    }
  };
  try {
    for (let turn = 0;; turn++) {
      const batch = batches[turn % batches.length]!;
      await advance(batch);
      const last = await fill(batch);
      // What is left in the end is one batch again as soon as it fits in one.
      if (last && batches.reduce((sum, { lanes }) => sum + lanes.length, 0) <= width) {
        for (const other of batches) {
          if (other === batch) continue;
          await advance(other);
          batch.lanes.push(...other.lanes.splice(0));
        }
        if (batch.lanes.length === 0) return;
      }
      await onBatch?.();
      batch.answers = oracle.ask(gather(batch.lanes), attack.loss);
      batch.answers.catch(() => {}); // is thrown when its turn comes
    }
  } finally {
    await Promise.allSettled(batches.map(({ answers }) => answers));
  }
}

const NO_GRADIENT = new Float32Array(0);

function gather(lanes: readonly Lane[]) {
  const values = lanes[0]!.query.point.length;
  const images = new Float32Array(lanes.length * values);
  lanes.forEach(({ query }, i) => images.set(query.point, i * values));
  return {
    images,
    labels: lanes.map(({ example }) => example.label),
    targets: lanes.map(({ query, example }) => query.target ?? example.label),
  };
}
