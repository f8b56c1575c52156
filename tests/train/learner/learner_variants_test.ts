import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import { CATALOGUE, type Catalogue } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import {
  describeAdapters,
  openWebGpu,
  type WebGpuOptions,
} from "../../../src/backend/webgpu/open.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { exportState, exportTensors } from "../../../src/weights/state_dict.ts";
import { skipWebGpu } from "../../testing/webgpu/adapter.ts";
import { assertClose } from "../../testing/numbers.ts";
import { read, upload } from "../../testing/tensors.ts";
import {
  assertTensors,
  attackedBy,
  descendWith,
  disposeInputs,
  disposeState,
  makeInputs,
  makeLearner,
  RATES,
  REFERENCE,
  UPDATE_TOLERANCE,
} from "../steps_w2.ts";

/** The catalogue with nothing but variants whose names begin so, and register tiles for what they do not compute. */
function family(start: string): Catalogue {
  return Object.fromEntries(
    Object.entries(CATALOGUE).map(([mode, variants]) => {
      const members = variants.filter(({ name }) => name.startsWith(start));
      const others = variants.filter(({ name }) => name.startsWith("register")).map((variant) => ({
        ...variant,
        supports: (...given: Parameters<typeof variant.supports>) =>
          variant.supports(...given) && !members.some((member) => member.supports(...given)),
      }));
      return [mode, [...members, ...start === "register" ? [] : others]];
    }),
  ) as unknown as Catalogue;
}

async function onEngine(
  options: WebGpuOptions,
  body: (backend: Backend) => Promise<void>,
): Promise<void> {
  const [adapter] = await describeAdapters();
  const backend = await openWebGpu(adapter!, { tune: false, ...options });
  try {
    await backend.guard(body(backend));
  } finally {
    backend.close();
  }
}

for (const start of ["tile-64x64", "register", "texture", "winograd-tile-32x64"]) {
  Deno.test({
    name: `Learner makes PyTorch's step of v1 with ${start} kernels`,
    ignore: skipWebGpu,
    fn: () =>
      onEngine({ catalogue: family(start) }, async (backend) => {
        const learner = makeLearner(backend), inputs = makeInputs();
        const { terms, weights } = await descendWith(learner, inputs);
        assertClose(await read(terms.loss), REFERENCE.values("v1.loss"), 1e-5, "loss");
        await learner.update({ ...RATES, lr: RATES.lr / (1 + RATES.momentum) });
        const state = learner.snapshot(), momenta = learner.momenta();
        assertTensors(await exportState(state), "v1.after.", UPDATE_TOLERANCE);
        assertTensors(await exportTensors(momenta), "v1.momentum.", UPDATE_TOLERANCE);
        assert.ok(Object.values(backend.choices()).some((name) => name.startsWith(start)));
        tf.dispose([{ ...terms }, weights!]);
        disposeState(state);
        disposeAll(momenta);
        disposeInputs(inputs);
        learner.dispose();
      }),
  });
}

Deno.test({
  name:
    "--attack-precision f16 attacks in float16, and takes the gradients of the weights in float32",
  ignore: skipWebGpu,
  async fn() {
    const losses: Float32Array[] = [], divergences: number[] = [];
    for (const attackPrecision of ["f32", "f16"] as const) {
      await onEngine({ attackPrecision, catalogue: family("tile-64x64") }, async (backend) => {
        const learner = makeLearner(backend), inputs = makeInputs();
        const start = upload<tf.Rank.R4>(REFERENCE, "pgd.start");
        const adv = await attackedBy(learner, inputs, start, []);
        const { terms: given, weights } = await descendWith(learner, inputs);
        losses.push(await read(given.loss));
        const attacked = { ...inputs, images: { ...inputs.images, adv } };
        const second = await descendWith(learner, attacked), { terms } = second;
        divergences.push((await read(terms.kl!))[0]!);
        const keys = Object.keys(backend.choices());
        assert.ok(keys.some((key) => key.endsWith(attackPrecision)));
        assert.ok(keys.every((key) => key.endsWith("f32") || !key.startsWith("filterGradient")));
        tf.dispose([start, adv, { ...given }, { ...terms }, weights ?? [], second.weights ?? []]);
        disposeInputs(inputs);
        learner.dispose();
      });
    }
    assert.deepEqual(losses[1], losses[0], "the same images give the same loss");
    const [f32, f16] = divergences as [number, number];
    assert.ok(Math.abs(f16 - f32) <= 0.1 * f32, `KL ${f16} rather than ${f32}`);
    assert.notEqual(f16, f32);
  },
});
