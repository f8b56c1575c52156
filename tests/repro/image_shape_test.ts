import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  type Dataset,
  describeShape,
  type ImageShape,
  valuesPerImage,
} from "../../src/data/dataset.ts";
import { firstIndices, loadBatch } from "../../src/data/batches.ts";
import { Oracle } from "../../src/attack/autoattack/oracle.ts";
import { predictedClass } from "../../src/model/predicted_class.ts";
import { autoAttack } from "../../src/evaluate/autoattack/autoattack.ts";
import { evaluateAccuracy } from "../../src/evaluate/evaluate.ts";
import { MemoryStore } from "../../src/memory/store.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { freeze } from "../../src/model/frozen.ts";
import { disposeAll } from "../../src/model/parameters.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { checkpointPath, findCheckpoint } from "../../src/run/checkpoints.ts";
import { loadCheckpoint } from "../../src/run/checkpoint/checkpoint.ts";
import { onWasm } from "../testing/device.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { smallRecipe, trainIn } from "../testing/runs.ts";
import { inRunFolder, readLog } from "./support.ts";

/** `n` images of noise, of `classes` in turn. */
function noise(n: number, shape: ImageShape, classes: readonly string[]): Dataset {
  const stream = new Stream(n, Purpose.synthetic);
  const images = Uint8Array.from({ length: n * valuesPerImage(shape) }, () => stream.integer(256));
  const labels = Uint8Array.from({ length: n }, (_, i) => i % classes.length);
  return { name: "noise", classes, shape, n, images, labels };
}

/** The engine with the obvious convolutions stands for WebGPU: all others' take a minute to compile, and have tests of odd sizes. */
const CASES = [
  ...[onWasm, onNaiveWebGpu].flatMap((register) => [
    { shape: { height: 16, width: 24, channels: 3 }, count: 12, register },
    { shape: { height: 64, width: 64, channels: 3 }, count: 20, register },
  ]),
  { shape: { height: 20, width: 9, channels: 1 }, count: 12, register: onWasm },
];

for (const { shape, count, register } of CASES) {
  const classes = Array.from({ length: count }, (_, i) => `class ${i}`);
  register(
    `train() with a memory, evaluateAccuracy() and autoAttack() take images of ${
      describeShape(shape)
    } in ${count} classes`,
    (backend) =>
      inRunFolder(async (runDir) => {
        const recipe = smallRecipe({ variant: "v1", batchSize: 4 });
        const data = { train: noise(4, shape, classes), test: noise(5, shape, classes) };
        await trainIn(runDir, recipe, backend, { data });
        const log = await readLog(runDir);
        assert.equal(log.filter(({ kind }) => kind === "step").length, 2);
        assert.ok(log.every(({ loss }) => Number.isFinite(loss)));

        const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
        assert.deepEqual(store.settings.shape, shape);
        const { present, deltas } = await store.read(2, Uint32Array.of(0, 3));
        await store.close();
        assert.deepEqual([...present], [1, 1]);
        assert.equal(deltas.length, 2 * valuesPerImage(shape));
        assert.ok(deltas.every((delta) => Math.abs(delta) <= recipe.threat.epsilon + 1e-6));

        const architecture = resnet18({ width: 1, classes: count, channels: shape.channels });
        const path = checkpointPath(runDir, (await findCheckpoint(runDir, "last"))!.name);
        const { state, momenta } = await loadCheckpoint(path, architecture);
        const model = freeze(architecture, state);
        [state.parameters, state.buffers, momenta].forEach(disposeAll);
        const common = { backend, ids: Uint32Array.of(0, 1, 4), batchSize: 2, seed: 1 };
        const clean = { ...common, dataset: data.test };
        const attack = { norm: "l2", epsilon: 0.5 } as const;
        const { n } = await evaluateAccuracy("pgd2", model, { ...clean, attack });
        assert.equal(n, 3);
        // Every image as what it is taken for, so that there is something to attack.
        const oracle = new Oracle(model.logits, {
          classes: count,
          shape: data.test.shape,
        }, backend);
        const logits = await oracle.logits(loadBatch(data.test, firstIndices(5, 5)).x);
        const labels = Uint8Array.from({ length: 5 }, (_, row) =>
          predictedClass(logits.subarray(count * row, count * (row + 1))));
        const images = loadBatch({ ...data.test, labels }, common.ids);
        const attacked = { ...images, classes: count };
        const { result, adversarial } = await autoAttack(model.logits, attacked, {
          ...{ backend, batchSize: 2, epsilon: 0.3, version: "custom" },
          members: ["apgd-ce", "apgd-t", "fab-t", "square"],
          effort: { iterations: 3, targets: 1, queries: 3 }, // a software GPU takes minutes for a hundred
        });
        model.dispose();
        assert.equal(result.clean.correct, 3);
        assert.equal(adversarial.length, 3 * valuesPerImage(shape));
        assert.ok(result.perturbation.largest <= 0.3 + 1e-6);
        assert.equal(result.perAttack["apgd-ce"]?.attacked, 3);
      }),
  );
}
