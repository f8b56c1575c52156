/**
 * One training step from given weights on given images, so that anyone can hold it against another framework.
 *
 * No attack and no augmentation; plain momentum 0.9, weight decay 5e-4 on every parameter, empty momentum buffers.
 *
 * ```sh
 * deno run -P tasks/parity.ts START.safetensors IMAGES.safetensors --variant v1 --beta 3 --beta-prime 2 --lr 0.1 \
 *   --backend wasm --out STEP.safetensors
 * ```
 *
 * `START` is a state dict under PyTorch's names (OIHW, float32); `IMAGES` holds `x`, `x_adv`, `x_mem` (NHWC, float32,
 * those that the variant takes), `y` and, for HAT, `y_help` (int32). `--out` gets `loss`, `logits_eval` (evaluation mode, before the step, on `x`),
 * `logits_nat`, `logits_adv`, `logits_help`, `logits_mem`, `grad.NAME`, `after.NAME` and `momentum.NAME`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../src/backend/backend.ts";
import { openBackend } from "../src/backend/open.ts";
import { readArguments } from "../src/cli/shell/command.ts";
import { UsageError } from "../src/errors.ts";
import { readWholeFile, writeFileAtomically } from "../src/disk/files.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../src/format/safetensors.ts";
import { COEFFICIENTS, needsHelper, type Pass, passesOf } from "../src/method/method.ts";
import { methodOf, VARIANTS } from "../src/method/methods.ts";
import type { Architecture } from "../src/model/architecture.ts";
import { freeze } from "../src/model/frozen.ts";
import { imageTensor, oneHot } from "../src/model/inputs.ts";
import { exportState, exportTensors, importModel } from "../src/weights/state_dict.ts";
import { textFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS, type RecipeFlags, recipeInput } from "../src/recipe/fields.ts";
import { resolveRecipe } from "../src/recipe/resolve.ts";
import { rateTensor, Sgd, zeroMomenta } from "../src/optimise/sgd.ts";
import { objectiveOf } from "../src/train/learner/compiled_descent.ts";
import { lossAndGradients, passesMade, type StepInputs } from "../src/train/step.ts";
import { runTask } from "./run_task.ts";

const MOMENTUM = 0.9;
const { variant, beta, betaPrime, gamma, memoryWeight, lr, backend, workers, deterministic } =
  RECIPE_FLAGS;
const FLAGS = {
  variant,
  beta,
  betaPrime,
  gamma,
  memoryWeight,
  lr,
  backend,
  workers,
  deterministic,
  out: textFlag("out", "FILE.safetensors", "where the results go (required)"),
} as const;

/** What each pass's images and logits are called in the files. */
const NAMES: Readonly<Record<Pass, { images: string; logits: string }>> = {
  nat: { images: "x", logits: "logits_nat" },
  adv: { images: "x_adv", logits: "logits_adv" },
  help: { images: "x_help", logits: "logits_help" }, // these follow from the others
  mem: { images: "x_mem", logits: "logits_mem" },
};

/** Makes the step that the command line `args` asks for. */
export async function parity(args: readonly string[]): Promise<void> {
  const { flags: { out, ...input }, positionals: [start, images] } = readArguments(args, FLAGS, 2);
  if (start === undefined || images === undefined || out === undefined) {
    throw new UsageError(
      "Usage: parity START.safetensors IMAGES.safetensors --out FILE.safetensors.",
    );
  }
  const recipe = resolveRecipe(recipeInput(withoutForeign(input)));
  const weights = await readTensors(start);
  const inputs = await readTensors(images);
  // One step is not worth timing kernels for, and its numbers should not depend on what was timed before.
  const device = await openBackend(recipe.backend, { ...recipe, tune: false });
  const { architecture, state } = importModel(weights, start);

  const y = labelsOf(inputs, architecture.classes, images);
  const x = imagesOf(inputs, "x", y.length, architecture, images);
  const labels = oneHot(y, architecture.classes);
  const passes: Partial<Record<Pass, tf.Tensor4D>> = {};
  for (const pass of passesOf(methodOf(recipe.variant))) {
    if (pass === "help") continue;
    passes[pass] = imagesOf(inputs, NAMES[pass].images, y.length, architecture, images);
  }
  const method = methodOf(recipe.variant);
  const helped: tf.NamedTensorMap = needsHelper(method)
    ? {
      helperLabels: oneHot(
        labelsOf(inputs, architecture.classes, images, "y_help"),
        architecture.classes,
      ),
    }
    : {};
  const { parameters, buffers } = state;
  const momenta = zeroMomenta(parameters), gradients = zeroMomenta(parameters);
  const deviceState = device.deviceState([parameters, buffers, momenta, gradients]);
  const evaluate = deviceState.compile(({ x }) => {
    const model = freeze(architecture, state);
    const logits = model.logits(x as tf.Tensor4D);
    model.dispose();
    return { logits_eval: logits };
  });
  const objective = objectiveOf(recipe);
  const descend = deviceState.compile(({ labels, helperLabels, ...images }) => {
    const inputs: StepInputs = {
      images,
      labels: labels as tf.Tensor2D,
      ...helperLabels && { helperLabels: helperLabels as tf.Tensor2D },
    };
    const result = lossAndGradients(architecture, state, objective, inputs);
    for (const [name, gradient] of result.gradients) gradients.set(name, gradient);
    const logits = Object.entries(result.logits) as [Pass, tf.Tensor2D][];
    result.weights?.dispose();
    const named = logits.map(([pass, tensor]) => [NAMES[pass].logits, tensor]);
    return { loss: result.terms.loss, ...Object.fromEntries(named) };
  });
  const { lr, weightDecay } = recipe.optimiser, sgd = { weightDecay, nesterov: false };
  const update = deviceState.compile(({ rates }) => {
    new Sgd(sgd, momenta).step(parameters, gradients, rates as tf.Tensor1D);
    return {};
  });
  const outputs = {
    ...await evaluate({ x }),
    ...await descend({ ...passes, labels, ...helped }),
  };
  state.batchesTracked += passesMade(method, passes).length;
  await update({ rates: rateTensor({ lr, momentum: MOMENTUM }) });

  const results = new Map<string, SafeTensor>();
  for (const [name, tensor] of Object.entries(outputs)) {
    results.set(name, await device.guard(inRows(tensor)));
  }
  const save = async (map: TensorMap, prefix: string) =>
    addAll(results, await device.guard(exportTensors(deviceState.snapshot(map), prefix)));
  await save(gradients, "grad.");
  const after = {
    parameters: deviceState.snapshot(parameters),
    buffers: deviceState.snapshot(buffers),
    batchesTracked: state.batchesTracked,
  };
  for (const [name, tensor] of await device.guard(exportState(after))) {
    results.set(`after.${name}`, tensor);
  }
  await save(momenta, "momentum.");
  await writeFileAtomically(out, encodeSafetensors(results, {}));
  device.close();
}

/** The loss, or logits as they are: unlike a linear weight, a matrix of logits has no other layout in PyTorch. */
async function inRows(tensor: tf.Tensor): Promise<SafeTensor> {
  const data = new Float32Array(await tensor.data<"float32">());
  return { dtype: "F32", shape: tensor.shape, data };
}

/** Without the coefficients that the variant does not have: one command line serves all variants. */
function withoutForeign(input: RecipeFlags): RecipeFlags {
  const { coefficients } = methodOf(input.variant ?? VARIANTS[0]);
  const foreign: readonly string[] = COEFFICIENTS.filter((name) => !(name in coefficients));
  return Object.fromEntries(Object.entries(input).filter(([field]) => !foreign.includes(field)));
}

function addAll(target: Map<string, SafeTensor>, source: ReadonlyMap<string, SafeTensor>): void {
  for (const [name, tensor] of source) target.set(name, tensor);
}

async function readTensors(path: string): Promise<ReadonlyMap<string, SafeTensor>> {
  try {
    await Deno.stat(path);
  } catch {
    throw new UsageError(`${path} does not exist: name a .safetensors file.`);
  }
  return decodeSafetensors(await readWholeFile(path), path).tensors;
}

/** The images `name` `[N,H,W,channels]`. */
function imagesOf(
  tensors: ReadonlyMap<string, SafeTensor>,
  name: string,
  n: number,
  architecture: Architecture,
  path: string,
): tf.Tensor4D {
  const expected = architecture.channels;
  const tensor = tensors.get(name);
  const [count, height, width, channels] = tensor?.shape ?? [];
  const fits = tensor?.shape.length === 4 && count === n && channels === expected;
  if (fits && tensor.dtype === "F32") {
    return imageTensor(tensor.data, { height: height!, width: width!, channels });
  }
  throw new UsageError(
    `${path} has no "${name}" of dtype F32 and shape [${n},height,width,${expected}].`,
  );
}

/** The labels `[N]` called `name`, N ≥ 1, each in 0..classes-1. */
function labelsOf(
  tensors: ReadonlyMap<string, SafeTensor>,
  classes: number,
  path: string,
  name = "y",
): Uint8Array {
  const tensor = tensors.get(name);
  if ((tensor?.dtype === "I32" || tensor?.dtype === "I64") && tensor.shape.length === 1) {
    const labels = Array.from(tensor.data, Number);
    const valid = labels.every((label) => label >= 0 && label < classes);
    if (valid && labels.length > 0) return Uint8Array.from(labels);
  }
  throw new UsageError(
    `${path} has no "${name}" of dtype I32 and shape [N] with labels from 0 to ${classes - 1}.`,
  );
}

if (import.meta.main) {
  await runTask({
    call: "deno run -P tasks/parity.ts START.safetensors IMAGES.safetensors",
    summary:
      "make one training step from given weights on given images, to be held against another framework",
    flags: FLAGS,
    run: parity,
  });
}
