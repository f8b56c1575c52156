import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { signStep } from "../../src/backend/sign_step.ts";
import { eachBackend } from "../testing/backends.ts";
import { read } from "../testing/tensors.ts";

eachBackend("signStep() moves by the sign, into the ball and into [0,1]", async () => {
  const [stepSize, epsilon] = [0.0625, 0.125];
  const cases = [
    // x, adversarial, slope, expected
    [0.5, 0.5, 3, 0.5625],
    [0.5, 0.5, -1e-30, 0.4375],
    [0.5, 0.5, 0, 0.5],
    [0.5, 0.625, 1, 0.625],
    [0.5, 0.375, -1, 0.375],
    [0.5, 0.9, -1, 0.625],
    [0.03125, 0, -1, 0],
    [1, 1, 2, 1],
  ] as const;
  const column = (index: 0 | 1 | 2) => tf.tensor4d(cases.map((row) => row[index]), [1, 2, 4, 1]);
  const inputs = [column(0), column(1), column(2)] as const;
  const stepped = signStep(...inputs, { stepSize, epsilon });
  tf.dispose([...inputs]);
  assert.deepEqual(stepped.shape, [1, 2, 4, 1]);
  assert.deepEqual([...await read(stepped)], cases.map((row) => row[3]));
});
