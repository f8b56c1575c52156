import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { applyView } from "../../src/data/augmentation.ts";
import { mixedOrder } from "../../src/data/auxiliary.ts";
import { epochOrder, firstIndices, trainingBatch } from "../../src/data/batches.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { methodOf } from "../../src/method/methods.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { imageTensor, oneHot } from "../../src/model/inputs.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { loadCheckpoint } from "../../src/run/checkpoint/checkpoint.ts";
import { lossAndGradients } from "../../src/train/step.ts";
import { inRunFolder, type LogLine, readLog } from "../repro/support.ts";
import { SINGLE } from "../testing/objectives.ts";
import { onOneThread, onWasm } from "../testing/device.ts";
import { published } from "../testing/objectives.ts";
import { smallData, smallRecipe, trainIn, trainUntil } from "../testing/runs.ts";
import { SHAPE, VALUES } from "../testing/images.ts";

onOneThread();

const STEPS = 3;

function stepsOf(log: LogLine[], epoch: number): LogLine[] {
  return log.filter((line) => line.kind === "step" && line.epoch === epoch);
}

function termsOf(line: LogLine): Record<string, number> {
  return line.terms as Record<string, number>;
}

const COMPOSED = ["mart+v1", "pgd-at+v1", "n-fgsm+v3"] as const;

for (const variant of [...SINGLE.filter((name) => name !== "hat"), ...COMPOSED]) {
  onWasm(
    `train() has the objective's terms in every step, ${variant}`,
    (backend) =>
      inRunFolder(async (runDir) => {
        await trainIn(runDir, smallRecipe({ variant }), backend);
        const log = await readLog(runDir);
        const { terms, memory, attack } = methodOf(variant);
        const own = terms.map(({ name }) => name), later = memory ? [...own, "memory"] : own;
        const first = attack?.prior ? later : own;
        for (const [epoch, names] of [[1, first], [2, later]] as const) {
          const steps = stepsOf(log, epoch);
          assert.equal(steps.length, STEPS);
          for (const line of steps) {
            assert.deepEqual(Object.keys(termsOf(line)), names, `epoch ${epoch}`);
            for (const [name, value] of Object.entries(termsOf(line))) {
              assert.ok(value > 0, `${name} ${value} in epoch ${epoch}`);
            }
          }
        }
      }),
  );
}

for (const variant of ["v1", "v2", "v3"] as const) {
  onWasm(
    `train() weighs the terms with β and β', ${variant}`,
    (backend) =>
      inRunFolder(async (runDir) => {
        await trainIn(runDir, smallRecipe({ variant, beta: 2.5, betaPrime: 40 }), backend);
        for (const line of (await readLog(runDir)).filter(({ kind }) => kind === "step")) {
          const { ce, kl, memory = 0 } = termsOf(line);
          const expected = ce! + 2.5 * kl! + 40 * memory;
          assert.ok(Math.abs(line.loss as number - expected) < 1e-5 * expected);
        }
      }),
  );
}

/** `x''` of `ids` as the memory's folder has it. */
async function storedExamples(runDir: string, epoch: number, ids: Uint32Array) {
  const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
  const { views, deltas, present } = await store.read(epoch, ids);
  await store.close();
  assert.ok(present.every((flag) => flag === 1), "every image has an example");
  const x = new Float32Array(deltas.length);
  ids.forEach((id, row) => applyView(smallData().train, id, views[row]!, x, row * VALUES));
  return x.map((value, i) => Math.min(1, Math.max(0, value + deltas[i]!)));
}

onWasm(
  "train() uses as x'' what the codec gives back of the epoch before, by training index",
  (backend) =>
    inRunFolder(async (runDir) => {
      const recipe = smallRecipe({ variant: "v1", seed: 3 });
      await trainUntil(runDir, recipe, backend, 1);
      const last = join(runDir, "checkpoints", "epoch-002.step-0.safetensors");
      const architecture = resnet18({ width: 1, classes: 10 });
      const { state, momenta } = await loadCheckpoint(last, architecture);
      disposeAll(momenta);
      const data = smallData().train;
      const ids = Uint32Array.from({ length: data.n }, (_, id) => id);
      const order = epochOrder(ids, recipe.seed, 2);
      const batch = trainingBatch(data, order, 0, { ...recipe, epoch: 2 });
      const images = {
        nat: imageTensor(batch.x, SHAPE),
        adv: imageTensor(batch.x, SHAPE), // has no part in the memory term
        mem: imageTensor(await storedExamples(runDir, 1, batch.ids), SHAPE),
      };
      const labels = oneHot(batch.y, 10);
      const { terms, weights, logits, gradients } = lossAndGradients(
        architecture,
        state,
        published("v1"),
        { images, labels },
      );
      const [expected] = await terms.memory!.data();
      disposeAll(gradients);
      disposeAll(state.parameters);
      disposeAll(state.buffers);
      tf.dispose([{ ...terms }, weights!, { ...logits }, images, labels]);

      await trainIn(runDir, recipe, backend);
      const [first] = stepsOf(await readLog(runDir), 2);
      assert.equal(termsOf(first!).memory, expected);
    }),
);

onWasm(
  "train() quantises x'' even when it never left the process",
  (backend) =>
    inRunFolder((exact) =>
      inRunFolder(async (coarse) => {
        const memories: number[] = [];
        for (const [runDir, memoryCodec] of [[exact, "f32"], [coarse, "int8"]] as const) {
          await trainIn(runDir, smallRecipe({ variant: "v1", memoryCodec }), backend);
          memories.push(termsOf(stepsOf(await readLog(runDir), 2)[0]!).memory!);
        }
        const [f32, int8] = memories as [number, number];
        const epoch1 = async (runDir: string) =>
          stepsOf(await readLog(runDir), 1).map(({ loss }) => loss);
        assert.deepEqual(await epoch1(exact), await epoch1(coarse), "no memory, no codec");
        assert.notEqual(int8, f32);
        assert.ok(Math.abs(int8 - f32) < 0.05 * f32, `${int8} is not close to ${f32}`);
      })
    ),
);

/** The corners of images, the last of which are auxiliary ones. */
function corners({ n, images, ...rest }: Dataset, auxiliary: number): Dataset {
  const own = new Uint8Array(n * 192);
  for (let row = 0; row < n * 8; row++) {
    const start = Math.floor(row / 8) * 3072 + row % 8 * 96;
    own.set(images.subarray(start, start + 24), row * 24);
  }
  return { ...rest, n, images: own, shape: { height: 8, width: 8, channels: 3 }, auxiliary };
}

onWasm(
  "train() leaves out a memory example that would be alone in batch norm",
  (backend) =>
    inRunFolder(async (runDir) => {
      const { train, test } = smallData(), fraction = 0.5, batchSize = 4, seed = 2;
      const data = { train: corners(train, 10), test: corners(test, 0) };
      const ids = firstIndices(10, undefined);
      const mixing = { fraction, batchSize };
      const seen = (epoch: number) => {
        const order = epochOrder(ids, seed, epoch);
        return [...mixedOrder(order, data.train, mixing, seed, epoch)];
      };
      const before = new Set(seen(1)), now = seen(2);
      const remembered = [0, 4, 8].map((first) =>
        now.slice(first, first + batchSize).filter((id) => before.has(id)).length
      );
      assert.deepEqual(remembered, [2, 1, 0]);
      const auxiliary = { auxData: "aux.npz", auxFraction: fraction };
      const recipe = smallRecipe({ variant: "v1", batchSize, seed, attackSteps: 1, ...auxiliary });
      await trainIn(runDir, recipe, backend, { data });
      const steps = (await readLog(runDir)).filter(({ kind, epoch }) =>
        kind === "step" && epoch === 2
      );
      assert.deepEqual(
        steps.map(({ terms }) => "memory" in (terms as Record<string, number>)),
        remembered.map((n) => n > 1),
      );
    }),
);
