/**
 * The rows of what is trained, how the weights move, on which device, and what is kept.
 *
 * @module
 */
import { BACKEND_CHOICES } from "../backend/backend.ts";
import { LARGEST_CROP_PADDING } from "../data/augmentation.ts";
import { DATA_NAMES, DATA_ROOT, findSet } from "../data/sets/sets.ts";
import {
  ARCHITECTURE_NAMES,
  ARCHITECTURES,
  DEFAULT_ARCHITECTURE,
  definitionOf,
} from "../model/architectures/architectures.ts";
import { UsageError } from "../errors.ts";
import { methodOf, METHODS, VARIANTS } from "../method/methods.ts";
import { SCHEDULES } from "../optimise/schedule.ts";
import { AVERAGES } from "../optimise/weight_average.ts";
import { type Above, type Condition, field, has, HAS_HELPER } from "./field.ts";
import { choiceFlag, integerFlag, numberFlag, positiveFlag, switchFlag, textFlag } from "./flag.ts";
import { SELECTIONS } from "./recipe.ts";

const LARGEST_SEED = 2 ** 32 - 1;

const ONE_CYCLE: Condition = {
  holds: ({ optimiser }) => optimiser.schedule === "onecycle",
  cause: ({ optimiser }) => `--schedule ${optimiser.schedule}`,
};

const averages = (name: string): Condition => ({
  holds: ({ optimiser }) => optimiser.average === name,
  cause: ({ optimiser }) => `--weight-average ${optimiser.average}`,
});

const networkSummaries = Object.fromEntries(
  ARCHITECTURES.map(({ name, summary }) => [name, summary]),
);

const summaries = Object.fromEntries(METHODS.map(({ name, summary }) => [name, summary]));

/** By name; a row may look at those above it. */
export const TRAINING_FIELDS = {
  variant: field("variant", choiceFlag("variant", VARIANTS, "training method", summaries), {
    group: "What to train",
    default: VARIANTS[0],
  }),
  beta: field("beta", numberFlag("beta", "β, the weight of KL(p(x)‖p(x'))", 0), {
    group: "What to train",
    needs: has("beta"),
    default: ({ variant }) => methodOf(variant).coefficients.beta ?? 0,
    said: "the variant's published one",
  }),
  betaPrime: field("betaPrime", numberFlag("beta-prime", "β', the weight of the memory term", 0), {
    group: "What to train",
    needs: has("betaPrime"),
    default: ({ variant }) => methodOf(variant).coefficients.betaPrime ?? 0,
    said: "the variant's published one",
  }),
  gamma: field("gamma", numberFlag("gamma", "γ, the weight of the helper examples of HAT", 0), {
    group: "What to train",
    needs: has("gamma"),
    default: ({ variant }) => methodOf(variant).coefficients.gamma ?? 0,
    said: "the variant's published one",
  }),
  helper: field(
    "helper",
    textFlag("helper", "RUN|FILE", "network that labels HAT's helper examples: a standard one"),
    { group: "What to train", needs: HAS_HELPER },
  ),
  data: field("data", choiceFlag("data", DATA_NAMES, "data set"), {
    group: "What to train",
    default: "cifar10",
  }),
  dataDir: field("dataDir", textFlag("data-dir", "DIR", "folder of the data set's files"), {
    group: "What to train",
    said: DATA_ROOT,
    perStart: true, // the digest of the data is compared instead
  }),
  limitTrain: field(
    "limitTrain",
    integerFlag("limit-train", "train on the first N images only", 1),
    { group: "What to train" },
  ),
  model: field(
    "model",
    choiceFlag("model", ARCHITECTURE_NAMES, "network", networkSummaries),
    { group: "What to train", default: DEFAULT_ARCHITECTURE, later: true },
  ),
  width: field(
    "width",
    integerFlag("width", "channels of the network's first convolution; others follow", 1, 1024),
    {
      group: "What to train",
      default: ({ model }) => definitionOf(model).width,
      said: "64, of the wrn 16, of small-cnn 96",
    },
  ),
  from: field(
    "from",
    textFlag(
      "from",
      "FILE",
      "begin with the network in FILE, safetensors or PyTorch's, of its model and width",
    ),
    { group: "What to train" },
  ),
  epochs: field("epochs", integerFlag("epochs", "passes over the training images", 1), {
    group: "What to train",
    default: 50,
  }),
  batchSize: field("batchSize", integerFlag("batch-size", "images per step", 1), {
    group: "What to train",
    default: 128,
  }),
  cropPadding: field(
    "cropPadding",
    integerFlag("crop-padding", "zeros around an image before its crop", 0, LARGEST_CROP_PADDING),
    { group: "What to train", default: LARGEST_CROP_PADDING, later: true },
  ),
  noFlip: field("noFlip", switchFlag("no-flip", "mirror no image at random, as of svhn"), {
    group: "What to train",
    default: ({ data }) => findSet(data).mirrors === false ? true : undefined,
  }),
  seed: field("seed", integerFlag("seed", "seed of every random draw", 0, LARGEST_SEED), {
    group: "What to train",
    default: 1,
  }),
  lr: field("optimiser.lr", positiveFlag("lr", "peak learning rate"), {
    group: "Optimiser",
    default: 0.21,
  }),
  schedule: field(
    "optimiser.schedule",
    choiceFlag("schedule", SCHEDULES, "learning-rate schedule"),
    { group: "Optimiser", default: "onecycle" },
  ),
  momentum: field(
    "optimiser.momentum",
    numberFlag("momentum", "momentum, of onecycle its highest", 0, 1),
    {
      group: "Optimiser",
      default: ({ optimiser }) => optimiser.schedule === "onecycle" ? 0.95 : 0.9,
      said: "0.9, in onecycle 0.95",
      later: true,
    },
  ),
  baseMomentum: field(
    "optimiser.baseMomentum",
    numberFlag("base-momentum", "the lowest momentum of onecycle", 0, 1),
    { group: "Optimiser", needs: ONE_CYCLE, default: 0.85, later: true },
  ),
  weightDecay: field(
    "optimiser.weightDecay",
    numberFlag("weight-decay", "weight decay of every parameter", 0),
    { group: "Optimiser", default: 5e-4, later: true },
  ),
  weightAverage: field(
    "optimiser.average",
    choiceFlag("weight-average", AVERAGES, "average of the weights to keep beside them", {
      none: "none",
      ema: "exponential moving average over steps",
      swa: "mean over the ends of the last epochs",
    }),
    { group: "Optimiser", default: "none", later: true },
  ),
  emaDecay: field(
    "optimiser.emaDecay",
    numberFlag("ema-decay", "what the ema keeps of itself in a step, below 1", 0),
    { group: "Optimiser", needs: averages("ema"), default: 0.999, check: refuseFrozen },
  ),
  swaStart: field(
    "optimiser.swaStart",
    integerFlag("swa-start", "first epoch whose end counts in the swa", 1),
    {
      group: "Optimiser",
      needs: averages("swa"),
      default: ({ epochs }) => 1 + Math.floor(0.75 * epochs),
      said: "the first of the last quarter",
      check: refuseLateStart,
    },
  ),
  backend: field("backend", choiceFlag("backend", BACKEND_CHOICES, "device that computes"), {
    group: "Device",
    default: "auto",
  }),
  workers: field(
    "workers",
    integerFlag("workers", "threads of the wasm backend, which never change a result", 1, 256),
    { group: "Device", said: "all processors", perStart: true },
  ),
  deterministic: field(
    "deterministic",
    switchFlag(
      "deterministic",
      "the same bits on every machine: the wasm backend with strict rounding, slower",
    ),
    { group: "Device" },
  ),
  select: field(
    "select",
    choiceFlag("select", SELECTIONS, "what the best checkpoint is chosen on, by PGD-20"),
    { group: "Output", default: "val" },
  ),
  limitTest: field(
    "limitTest",
    integerFlag("limit-test", "evaluate on the first N test images only", 1),
    { group: "Output" },
  ),
  checkpointEvery: field(
    "checkpointEvery",
    integerFlag("checkpoint-every", "also checkpoint every N steps", 1),
    { group: "Output" },
  ),
} as const;

function refuseFrozen(decay: number): void {
  if (decay < 1) return;
  throw new UsageError(`--ema-decay must be below 1, not ${decay}: 1 would never learn.`);
}

function refuseLateStart(epoch: number, { epochs }: Above): void {
  if (epoch <= epochs) return;
  throw new UsageError(
    `--swa-start ${epoch} is after the last of ${epochs} --epochs: take an epoch that there is.`,
  );
}
