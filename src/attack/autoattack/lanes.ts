/**
 * Runs many searches at once: every lane of a batch holds one image's search, and takes the next image as soon as its
 * search ends. Broken images cost nothing more, and the device stays full to the end.
 *
 * @module
 */
import type { ExampleLoss } from "./example_losses.ts";
import type { Oracle } from "./oracle.ts";
import type { Example, Outcome, Query, Search } from "./search.ts";

/** An attack on single images. */
export interface ExampleAttack {
  /** What it maximises; absent if it asks for logits only. */
  readonly loss?: ExampleLoss;
  /** What a search that finds nothing asks, about: for a forecast of its time. */
  readonly queries: number;
  /** Begins the attack on one image. */
  search(example: Example): Search<Outcome>;
}

/** How many searches run side by side, and who is told of them. */
export interface LaneOptions {
  readonly width: number;
  /** Told each result; awaited before the next batch. */
  readonly onDone: (example: Example, outcome: Outcome) => void | Promise<void>;
  /** Called before every batch with the queries that the searches under way have asked; what it throws stops the run. */
  readonly onBatch?: (asked: number) => void;
}

/** One image being attacked. */
interface Lane {
  readonly example: Example;
  readonly search: Search<Outcome>;
  query: Query;
  asked: number;
}

/**
 * Attacks every example, `width` at a time. An image's result does not depend on which others share its batches, as
 * far as the engine's arithmetic does not: on the CPU engine not by a bit.
 */
export async function runSearches(
  attack: ExampleAttack,
  examples: Iterable<Example>,
  oracle: Oracle,
  { width, onDone, onBatch }: LaneOptions,
): Promise<void> {
  const waiting = examples[Symbol.iterator]();
  let lanes: Lane[] = [];
  while (true) {
    while (lanes.length < width) {
      const { done, value: example } = waiting.next();
      if (done) break;
      const search = attack.search(example), first = search.next();
      if (first.done) await onDone(example, first.value);
      else lanes.push({ example, search, query: first.value, asked: 0 });
    }
    if (lanes.length === 0) return;
    onBatch?.(lanes.reduce((sum, { asked }) => sum + asked, 0));
    const { logits, slope } = await oracle.ask(gather(lanes), attack.loss);
    const row = (values: Float32Array, i: number, size: number) =>
      values.subarray(i * size, (i + 1) * size);
    const staying: Lane[] = [];
    for (const [i, lane] of lanes.entries()) {
      const step = lane.search.next({
        logits: row(logits, i, oracle.classes),
        loss: slope ? slope.losses[i]! : NaN,
        gradient: slope ? row(slope.gradients, i, lane.query.point.length) : NO_GRADIENT,
      });
      if (step.done) await onDone(lane.example, step.value);
      else {
        lane.query = step.value;
        lane.asked++;
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
    labels: Uint8Array.from(lanes, ({ example }) => example.label),
    targets: Uint8Array.from(lanes, ({ query, example }) => query.target ?? example.label),
  };
}
