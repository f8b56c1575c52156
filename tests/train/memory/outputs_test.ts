import assert from "node:assert/strict";
import { IDENTITY_VIEW, intoView, outOfView } from "../../../src/data/augmentation.ts";
import { type Batch, trainingBatch } from "../../../src/data/batches.ts";
import type { MemoryBatch } from "../../../src/memory/store.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { makeMemoryInputs } from "../../../src/train/memory/inputs.ts";
import { largestDelta, perturbations } from "../../../src/train/memory/outputs.ts";
import { smallData } from "../../testing/runs.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

const EPSILON = 8 / 255, N = 4;
const THREAT = { epsilon: EPSILON };
const DATASET = smallData().train;
const IDS = Uint32Array.from({ length: N }, (_, id) => id);

function batchOf(epoch: number, cutout?: number): Batch {
  const cut = cutout === undefined ? {} : { cutout };
  return trainingBatch(DATASET, IDS, 0, { batchSize: N, seed: 3, epoch, ...cut });
}

/** Images that an attack on `x` could have made. */
function attacked(x: Float32Array, seed: number): Float32Array {
  const stream = new Stream(seed, Purpose.attackStart);
  return x.map((value) => Math.min(1, Math.max(0, value + (2 * stream.uniform() - 1) * EPSILON)));
}

/** What {@linkcode perturbations} gave, as the memory would give it back; without the image `absent`. */
function stored({ views, deltas }: ReturnType<typeof perturbations>, absent?: number): MemoryBatch {
  const present = Uint8Array.from(IDS, (id) => id === absent ? 0 : 1);
  return { present, views: [...views], deltas };
}

function recipe(view: "stored" | "realigned", ema?: number) {
  return { view, ...ema !== undefined && { ema } };
}

function assertNear(actual: Float32Array, expected: ArrayLike<number>, tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
    0,
  );
  assert.ok(worst <= tolerance, `${worst}`);
}

Deno.test("perturbations() gives back x' under its own view", () => {
  const batch = batchOf(1), adversarial = attacked(batch.x, 1);
  const kept = perturbations(recipe("stored"), DATASET, batch, adversarial, undefined);
  assert.equal(kept.views, batch.views);
  assertNear(makeMemoryInputs(stored(kept), DATASET, IDS).images, adversarial);
});

Deno.test("perturbations() realigned gives back x' under the same view, but for its padding", () => {
  const batch = batchOf(1), adversarial = attacked(batch.x, 1);
  const kept = perturbations(recipe("realigned"), DATASET, batch, adversarial, undefined);
  assert.ok(kept.views.every((view) => view === IDENTITY_VIEW));
  const { images } = makeMemoryInputs(stored(kept), DATASET, IDS, batch.views);
  const ones = new Float32Array(VALUES).fill(1);
  const expected = batch.views.flatMap((view, row) => {
    const inside = intoView(ones, view, SHAPE);
    return Array.from(inside, (flag, i) => flag * adversarial[row * VALUES + i]!);
  });
  assertNear(images, expected);
});

Deno.test("perturbations() realigned keeps nothing of what was blanked, and shows nothing where it is now", () => {
  const [batch, next] = [batchOf(1, 16), batchOf(2, 16)];
  const adversarial = attacked(batch.x, 1);
  const kept = perturbations(recipe("realigned"), DATASET, batch, adversarial, undefined);
  const { images } = makeMemoryInputs(stored(kept), DATASET, IDS, next.views);
  let blank = 0, bare = 0;
  next.views.forEach((view, row) => {
    const before = batch.views[row]!, ones = new Float32Array(VALUES).fill(1);
    const seen = intoView(outOfView(ones, before, SHAPE), view, SHAPE);
    const shown = intoView(ones, view, SHAPE);
    for (let i = 0; i < VALUES; i++) {
      const at = row * VALUES + i;
      if (shown[i] === 0) {
        blank++;
        assert.equal(images[at], 0, "black in this epoch's hole and padding");
      } else if (seen[i] === 0) {
        bare++;
        assert.equal(images[at], next.x[at], "the image itself where it was not seen before");
      }
    }
  });
  assert.ok(blank > N * 300 && bare > N * 100, `${blank}, ${bare}`);
});

Deno.test("perturbations() averages images under stored views, and starts anew where there is none", () => {
  const [first, second] = [batchOf(1), batchOf(2)];
  const [before, now] = [attacked(first.x, 1), attacked(second.x, 2)];
  const last = perturbations(recipe("stored", 0.8), DATASET, first, before, undefined);
  const kept = perturbations(recipe("stored", 0.8), DATASET, second, now, stored(last, 2));
  assert.equal(kept.views, second.views);
  const expected = now.map((value, i) =>
    Math.floor(i / VALUES) === 2 ? value : 0.8 * before[i]! + 0.2 * value
  );
  assertNear(makeMemoryInputs(stored(kept), DATASET, IDS).images, expected);
  assert.ok(kept.deltas.some((delta) => Math.abs(delta) > EPSILON), "different crops differ");
});

Deno.test("perturbations() averages perturbations of the image when realigned, in the ball", () => {
  const [first, second] = [batchOf(1), batchOf(2)];
  const [before, now] = [attacked(first.x, 1), attacked(second.x, 2)];
  const plain = (batch: Batch, x: Float32Array) =>
    perturbations(recipe("realigned"), DATASET, batch, x, undefined).deltas;
  const [d1, d2] = [plain(first, before), plain(second, now)];
  const last = stored({ views: first.views, deltas: d1 }, 2);
  const kept = perturbations(recipe("realigned", 0.3), DATASET, second, now, last);
  const expected = d2.map((value, i) =>
    Math.floor(i / VALUES) === 2 ? value : 0.3 * d1[i]! + 0.7 * value
  );
  assertNear(kept.deltas, expected, 1e-8);
  assert.ok(kept.deltas.every((delta) => Math.abs(delta) <= EPSILON + 1e-6));
  const anew = perturbations(recipe("realigned", 0.3), DATASET, second, now, undefined);
  assert.deepEqual(anew.deltas, d2);
});

Deno.test("largestDelta() is the radius, and 1 for an average of different crops", () => {
  assert.equal(largestDelta(recipe("stored"), THREAT), EPSILON);
  assert.equal(largestDelta(recipe("realigned", 0.8), THREAT), EPSILON);
  assert.equal(largestDelta(recipe("stored", 0.8), THREAT), 1);
});
