import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { signStep } from "../../../src/backend/operations/sign_step.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { eachBackend } from "../../testing/backends.ts";
import { read } from "../../testing/tensors.ts";

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

eachBackend("signStep() rounds every operation to float32 in the stated order", async () => {
  const size = 3 * 5 * 7 * 3, { fround } = Math;
  const stream = new Stream(1, Purpose.synthetic);
  const draw = (next: () => number) => Float32Array.from({ length: size }, next);
  const x = draw(() => stream.uniform());
  const adversarial = x.map((value) => value + 0.1 * (stream.uniform() - 0.5));
  const slope = draw(() => Math.round(stream.normal()));
  const [stepSize, epsilon] = [2 / 255, 8 / 255];
  const inputs = [x, adversarial, slope].map((values) => tf.tensor4d(values, [3, 5, 7, 3]));
  const stepped = signStep(inputs[0]!, inputs[1]!, inputs[2]!, { stepSize, epsilon });
  tf.dispose(inputs);
  const radius = fround(epsilon);
  const expected = x.map((centre, i) => {
    const moved = fround(adversarial[i]! + fround(stepSize) * Math.sign(slope[i]!));
    const inBall = Math.min(Math.max(moved, fround(centre - radius)), fround(centre + radius));
    return Math.min(Math.max(inBall, 0), 1);
  });
  assert.deepEqual(await read(stepped), expected);
});
