/**
 * A V1 step as the device repeats it, twice, and the same step with every dispatch submitted by itself: byte for byte.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../../src/backend/backend.ts";
import { openWebGpu } from "../../../src/backend/webgpu/open.ts";
import { CIFAR10 } from "../../../src/data/sets/cifar10.ts";
import { sha256 } from "../../../src/format/sha256.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { oneHot } from "../../../src/model/inputs.ts";
import { disposeAll, initialise } from "../../../src/model/parameters.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { Learner } from "../../../src/train/learner/learner.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { submittedSingly } from "../single_dispatches.ts";
import type { Sizes } from "../sizes.ts";

const CLASSES = CIFAR10.classes.length;

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const { sizes } = notebook, adapter = await openAdapter(notebook);
  const backend = await openWebGpu(adapter, { tune: false });
  const replayed = await backend.guard(steps(backend, sizes, (step) => step()));
  await notebook.note("replayed", replayed);
  console.log("replayed twice");
  const single = await backend.guard(steps(backend, sizes, submittedSingly));
  await notebook.note("single", single);
  console.log("dispatch by dispatch");
  const different = Object.keys(replayed).filter((name) => replayed[name] !== single[name]);
  const unsteady = Object.keys(replayed).filter((name) =>
    name.startsWith("again ") && replayed[name] !== replayed[name.slice("again ".length)]
  );
  await notebook.note("different", different);
  await notebook.note("unsteady", unsteady);
  backend.close();
  const wrong = [...unsteady, ...different];
  if (wrong.length > 0) throw new Error(`${wrong.length} tensors differ: ${wrong[0]}`);
  console.log(`${Object.keys(replayed).length} tensors have the same bytes`);
}

/** SHA-256 of all that two equal steps come to; the second, from the same start, runs programs that are there. */
async function steps(
  backend: Backend,
  { width, batchSize }: Sizes,
  around: (step: () => Promise<void>) => Promise<void>,
): Promise<Record<string, string>> {
  const recipe = resolveRecipe({ variant: "v1", width, batchSize });
  const architecture = resnet18({ width, classes: CLASSES });
  const digests: Record<string, string> = {};
  const images = (seed: number) =>
    tf.randomUniform<tf.Rank.R4>([batchSize, 32, 32, 3], 0, 1, "float32", seed);
  const nat = images(1), start = near(nat, images(2)), mem = near(nat, images(3));
  const labels = oneHot(Array.from({ length: batchSize }, (_, i) => i % CLASSES), CLASSES);
  for (const prefix of ["", "again "]) {
    const learner = new Learner(recipe, architecture, backend, initialise(architecture, 1));
    const keep = async (name: string, tensor: tf.Tensor) => {
      const values = new Float32Array(await tensor.data<"float32">());
      digests[prefix + name] = sha256(new Uint8Array(values.buffer));
    };
    await around(async () => {
      const inputs = { images: { nat, mem }, labels };
      const { adversarial: adv, losses } = await learner.attack(inputs, start, []);
      await keep("adversarial images", adv);
      const whole = { images: { nat, adv, mem }, labels };
      const { terms, weights, fooled } = await learner.descend([whole]);
      for (const [name, tensor] of Object.entries(terms)) await keep(name, tensor);
      await learner.update({ lr: 0.01, momentum: 0.9 });
      const { parameters, buffers } = learner.snapshot();
      for (const [name, tensor] of [...parameters, ...buffers]) await keep(name, tensor);
      [parameters, buffers].forEach(disposeAll);
      tf.dispose([adv, ...losses, { ...terms }, weights ?? [], fooled ?? []]);
    });
    learner.dispose();
  }
  tf.dispose([nat, start, mem, labels]);
  return digests;
}

/** `x` moved a little towards `y`. */
function near(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.add(tf.mul(x, 0.97), tf.mul(y, 0.03)));
}
