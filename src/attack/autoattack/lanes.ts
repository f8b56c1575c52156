/**
 * Runs many searches at once: every lane of a batch holds one image's search, and takes the next image as soon as its
 * search ends. Broken images cost nothing more, and the device stays full to the end.
 *
 * @module
 */
import { predictedClass } from "../../model/predicted_class.ts";
import type { ExampleLoss } from "./example_losses.ts";
import type { Oracle } from "./oracle.ts";
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

/** How many searches go on at once, where they stand, and who is told. */
export interface LaneOptions {
  readonly width: number;
  /**
   * Where the searches stand that have begun and not ended, by the example's id: they go on from there, and the map
   * is kept up to date before every batch.
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
 * Attacks every example, `width` at a time. An image's result does not depend on which others share its batches, as
 * far as the engine's arithmetic does not: on the CPU engine not by a bit.
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
  let lanes: Lane[] = [];
  while (true) {
    while (lanes.length < width) {
      const { done, value: example } = waiting.next();
      if (done) break;
      const state = states.get(example.id) ?? unbegun();
      const search = attack.search(example, state), first = search.next();
      if (first.done) {
        await end(example, first.value, example.logits);
        continue;
      }
      states.set(example.id, state);
      lanes.push({ example, search, state, query: first.value });
    }
    if (lanes.length === 0) return;
    await onBatch?.();
    const { logits, slope } = await oracle.ask(gather(lanes), attack.loss);
    const row = (values: Float32Array, i: number, size: number) =>
      values.subarray(i * size, (i + 1) * size);
    const staying: Lane[] = [];
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
        staying.push(lane);
      }
    }
    lanes = staying;
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
