import assert from "node:assert/strict";
import { join } from "@std/path";
import { epochOrder } from "../../src/data/batches.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import type { RecipeFlags } from "../../src/recipe/fields.ts";
import { microBatches, type PreparedBatch, ReadAhead } from "../../src/train/prepare.ts";
import { inRunFolder } from "../repro/support.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { VALUES } from "../testing/images.ts";
import { smallData, smallRecipe, trainUntil } from "../testing/runs.ts";

onOneThread();

onWasm(
  "ReadAhead gives a method with a prior what its attack begins at as x'', with and without a memory",
  (backend) =>
    inRunFolder(async (runDir) => {
      const recipe = smallRecipe({ variant: "fgsm-pgi", attackSteps: 1, seed: 2 });
      assert.deepEqual([recipe.attack!.start, recipe.attack!.firstSteps], ["memory", 1]);
      await trainUntil(runDir, recipe, backend, 1);
      const memory = await MemoryStore.openReadOnly(join(runDir, "memory"));
      const { train: dataset } = smallData();
      const ids = Uint32Array.from({ length: dataset.n }, (_, id) => id);
      const batchOf = async (epoch: number): Promise<PreparedBatch> => {
        const order = epochOrder(ids, recipe.seed, epoch);
        return await new ReadAhead({ recipe, dataset, memory, epoch, order }, 3).take(0);
      };
      const { epsilon } = recipe.threat;
      const share = ({ batch, memoryInputs }: PreparedBatch) => {
        const at = memoryInputs!.images, { x } = batch;
        const far = at.filter((value, i) => Math.abs(value - x[i]!) > 0.98 * epsilon);
        assert.ok(at.every((value, i) => Math.abs(value - x[i]!) <= epsilon + 1e-6));
        return far.length / at.length;
      };
      try {
        const [first, second] = [await batchOf(1), await batchOf(2)];
        for (const { batch, start, memoryInputs } of [first, second]) {
          assert.deepEqual(memoryInputs!.images, start);
          assert.deepEqual(memoryInputs!.rows, [...batch.ids.keys()]);
        }
        assert.ok(share(first) < 0.1, "uniform in the ball");
        // A step of ε from anywhere in the ball ends at its edge, but where [0,1] or the crop's border are in the way, or the start was.
        assert.ok(share(second) > 0.2, `${share(second)} of what the memory has`);
      } finally {
        await memory.close();
      }
    }),
);

onWasm(
  "ReadAhead begins a running average of examples anew where attacks begin anew",
  (backend) =>
    inRunFolder(async (runDir) => {
      const flags = { variant: "v1", attackStart: "memory", memoryEma: 0.5 } as const;
      const recipe = smallRecipe({ ...flags, attackSteps: 1, firstSteps: 1, epochs: 3 });
      await trainUntil(runDir, recipe, backend, 2);
      const memory = await MemoryStore.openReadOnly(join(runDir, "memory"));
      const { train: dataset } = smallData();
      const order = Uint32Array.from({ length: dataset.n }, (_, id) => id);
      const lastOf = async (reset?: number) => {
        const resets = { ...recipe, memory: { ...recipe.memory!, ...reset && { reset } } };
        const supplies = { recipe: resets, dataset, memory, epoch: 3, order };
        return (await new ReadAhead(supplies, 3).take(0)).last;
      };
      try {
        assert.deepEqual((await lastOf())!.present, new Uint8Array(8).fill(1));
        assert.deepEqual((await lastOf(3))!.present, new Uint8Array(8).fill(1), "epochs 1 and 4");
        assert.equal(await lastOf(2), undefined, "epochs 1 and 3");
      } finally {
        await memory.close();
      }
    }),
);

Deno.test("ReadAhead mirrors images, unless the recipe says not to", async () => {
  const { train: dataset } = smallData();
  const order = Uint32Array.from({ length: dataset.n }, (_, id) => id);
  const viewsOf = async (flags: RecipeFlags) => {
    const recipe = smallRecipe({ variant: "standard", batchSize: dataset.n, ...flags });
    const supplies = { recipe, dataset, memory: undefined, epoch: 1, order };
    return (await new ReadAhead(supplies, 1).take(0)).batch.views;
  };
  const views = await viewsOf({});
  assert.ok(views.some(({ flip }) => flip));
  assert.deepEqual(
    await viewsOf({ noFlip: true }),
    views.map((view) => ({ ...view, flip: false })),
  );
});

Deno.test("ReadAhead blanks a square of each image where the recipe says so, another one in each epoch", async () => {
  const { train: dataset } = smallData();
  const order = Uint32Array.from({ length: dataset.n }, (_, id) => id);
  const batchOf = async (flags: RecipeFlags, epoch: number) => {
    const recipe = smallRecipe({ variant: "standard", batchSize: dataset.n, ...flags });
    const supplies = { recipe, dataset, memory: undefined, epoch, order };
    return (await new ReadAhead(supplies, 1).take(0)).batch;
  };
  const whole = await batchOf({}, 1), cut = await batchOf({ cutout: 8 }, 1);
  assert.deepEqual((await batchOf({ cutout: 8 }, 1)).x, cut.x);
  cut.views.forEach(({ hole }, image) => {
    const { top, left, bottom, right } = hole!;
    assert.ok((bottom - top) * (right - left) >= 16, "a quarter at the least");
    for (let i = 0; i < VALUES; i++) {
      const pixel = Math.floor(i / 3), row = Math.floor(pixel / 32), column = pixel % 32;
      const within = row >= top && row < bottom && column >= left && column < right;
      const at = image * VALUES + i;
      assert.equal(cut.x[at], within ? 0 : whole.x[at]);
    }
  });
  const holes = ({ views }: typeof cut) => views.map(({ hole }) => hole);
  assert.notDeepEqual(holes(await batchOf({ cutout: 8 }, 2)), holes(cut));
});

Deno.test("microBatches() cuts a batch with its memory and its attack's start, and leaves a smaller one whole", async () => {
  const { train: dataset } = smallData();
  const order = Uint32Array.from([7, 3, 5, 0, 6, 1, 2]), n = order.length;
  const recipe = smallRecipe({ variant: "v1", batchSize: n });
  const supplies = { recipe, dataset, memory: undefined, epoch: 2, order };
  const prepared = await new ReadAhead(supplies, 1).take(0), rows = [0, 1, 4, 5];
  const images = Float32Array.from({ length: rows.length * VALUES }, () => Math.random());
  const whole = { ...prepared, memoryInputs: { images, rows } };
  assert.deepEqual(microBatches(whole, n), [whole]);
  assert.deepEqual(microBatches(whole), [whole]);

  const parts = microBatches(whole, 2);
  assert.deepEqual(parts.map(({ batch }) => [...batch.ids]), [[7, 3], [5, 0], [6, 1], [2]]);
  assert.deepEqual(parts.map(({ memoryInputs }) => memoryInputs!.rows), [[0, 1], [], [0, 1], []]);
  const joined = (of: (part: typeof parts[number]) => ArrayLike<number>) =>
    parts.flatMap((part) => Array.from(of(part)));
  const { batch, start } = whole;
  assert.deepEqual(joined((part) => part.batch.x), [...batch.x]);
  assert.deepEqual(joined((part) => part.batch.y), [...batch.y]);
  assert.deepEqual(parts.flatMap((part) => part.batch.views), batch.views);
  assert.deepEqual(joined((part) => part.start!), [...start!]);
  assert.deepEqual(joined((part) => part.memoryInputs!.images), [...images]);
  const [, later] = microBatches({ ...whole, memoryInputs: { images, rows } }, 5);
  assert.deepEqual(later!.memoryInputs!.rows, [0]);
});
