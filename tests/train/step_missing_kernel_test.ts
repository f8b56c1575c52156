import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../src/backend/backend.ts";
import type { Method } from "../../src/method/method.ts";
import { trades } from "../../src/method/trades.ts";
import { lossAndGradients } from "../../src/train/step.ts";
import { skipWebGpu } from "../testing/webgpu/adapter.ts";
import { openNaiveEngine } from "../testing/naive/engine.ts";
import { makeInputs, start, W2 } from "./steps_w2.ts";

/** TRADES with one more term, which asks for an operation that the WebGPU engine has no kernel for. */
const exotic: Method = {
  ...trades,
  name: "exotic",
  terms: [...trades.terms, {
    name: "more",
    passes: ["adv"],
    value: ({ adv }, _, { tf }) => tf.sum(tf.erf(adv), 1),
  }],
};

async function assertNamed(backend: Backend): Promise<void> {
  const state = start(), { images, labels } = makeInputs();
  const deviceState = backend.deviceState([state.parameters, state.buffers]);
  const descend = deviceState.compile(({ nat, adv, labels }) => {
    const images = { nat: nat as tf.Tensor4D, adv: adv as tf.Tensor4D };
    const objective = { method: exotic, coefficients: exotic.coefficients };
    const inputs = { images, labels: labels as tf.Tensor2D };
    return { loss: lossAndGradients(W2, state, objective, inputs).terms.loss };
  });
  await assert.rejects(descend({ nat: images.nat!, adv: images.adv!, labels }), {
    name: "RunError",
    message:
      "The loss of exotic, or its gradient, uses Erf, which the WebGPU engine has no kernel " +
      "for: use another --backend, or write the loss without it.",
  });
  tf.dispose([{ ...images }, labels]);
  deviceState.dispose();
}

Deno.test({
  name: "lossAndGradients() names the method whose loss cannot be traced [webgpu]",
  ignore: skipWebGpu,
  async fn() {
    const backend = await openNaiveEngine();
    try {
      await backend.guard(assertNamed(backend));
    } finally {
      backend.close();
    }
  },
});
