/**
 * The rows of what is trained.
 *
 * @module
 */
import { LARGEST_CROP_PADDING } from "../data/augmentation.ts";
import { AUX_FRACTION } from "../data/auxiliary.ts";
import { TEST_FRACTION } from "../data/folder/listing.ts";
import { IMAGE_SIZE } from "../data/folder/read_folder.ts";
import { isFound } from "../data/sets/definition.ts";
import { DATA_NAMES, DATA_ROOT, findSet } from "../data/sets/sets.ts";
import { ACTIVATION_NAMES } from "../model/architecture.ts";
import {
  ARCHITECTURE_NAMES,
  ARCHITECTURES,
  DEFAULT_ARCHITECTURE,
  definitionOf,
} from "../model/architectures/architectures.ts";
import { UsageError } from "../errors.ts";
import { insteadOf } from "../method/composed.ts";
import { methodOf, METHODS, VARIANTS } from "../method/methods.ts";
import { type Condition, field, has, HAS_HELPER } from "./field.ts";
import { choiceFlag, integerFlag, numberFlag, switchFlag, textFlag } from "./flag.ts";

const LARGEST_SEED = 2 ** 32 - 1;
/** In place of a file of weights to begin with: they are drawn. */
export const NO_FILE = "none";

/** Whether `from` of a recipe names a file. */
export function namesFile(from: string | undefined): from is string {
  return from !== undefined && from !== NO_FILE;
}

const ofData = (holds: (data: string) => boolean): Condition => ({
  holds: ({ data }) => holds(data),
  cause: ({ data }) => `--data ${data}`,
});

const IS_FOLDER = ofData((data) => data === "folder");
/** Its test may have to be drawn. */
const IS_FOUND = ofData((data) => isFound(findSet(data)));

const HAS_AUX: Condition = {
  holds: ({ auxData }) => auxData !== undefined,
  cause: () => "a run without --aux-data",
};

const networkSummaries = Object.fromEntries(
  ARCHITECTURES.map(({ name, summary }) => [name, summary]),
);

const summaries = Object.fromEntries(METHODS.map(({ name, summary }) => [name, summary]));

/** By name; a row may look at those above it. */
export const TRAINING_FIELDS = {
  variant: field(
    "variant",
    choiceFlag("variant", VARIANTS, "training method", summaries, insteadOf),
    {
      group: "What to train",
      default: VARIANTS[0],
    },
  ),
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
    textFlag(
      "helper",
      "RUN|FILE|auto",
      "network that labels HAT's helper examples: a standard one, or auto to train one first",
    ),
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
  imageSize: field(
    "imageSize",
    integerFlag(
      "image-size",
      "folder: height and width the images are brought to, a multiple of 8",
      16,
      96,
    ),
    { group: "What to train", needs: IS_FOLDER, default: IMAGE_SIZE, check: refuseUneven },
  ),
  testFraction: field(
    "testFraction",
    numberFlag(
      "test-fraction",
      "folder, npz: share of each class that tests, if none is set apart",
      0.01,
      0.9,
    ),
    { group: "What to train", needs: IS_FOUND, said: String(TEST_FRACTION) },
  ),
  testSeed: field(
    "testSeed",
    integerFlag(
      "test-seed",
      "folder, npz: seed by which the test is drawn, if none is set apart",
      0,
      LARGEST_SEED,
    ),
    { group: "What to train", needs: IS_FOUND, said: "0" },
  ),
  auxData: field(
    "auxData",
    textFlag(
      "aux-data",
      "FILE",
      ".npz file of auxiliary images to mix into each batch, such as generated ones",
    ),
    {
      group: "What to train",
      perStart: true, // the digest of the data is compared instead
    },
  ),
  auxFraction: field(
    "auxFraction",
    numberFlag("aux-fraction", "their share of each batch", 0.01, 0.99),
    { group: "What to train", needs: HAS_AUX, default: AUX_FRACTION },
  ),
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
  activation: field(
    "activation",
    choiceFlag("activation", ACTIVATION_NAMES, "nonlinearity of the network"),
    {
      group: "What to train",
      said: "relu, or what --from says of itself",
      idle: (name) => name === "relu",
    },
  ),
  from: field(
    "from",
    textFlag(
      "from",
      "FILE",
      "begin with the network in FILE, safetensors or PyTorch's, of its model and width; none for random weights",
    ),
    { group: "What to train", none: NO_FILE },
  ),
  epochs: field(
    "epochs",
    integerFlag(
      "epochs",
      "passes over the training images; under some schedules --resume may raise them",
      1,
    ),
    {
      group: "What to train",
      default: 50,
    },
  ),
  batchSize: field("batchSize", integerFlag("batch-size", "images per step", 1), {
    group: "What to train",
    default: 128,
  }),
  microBatch: field(
    "microBatch",
    integerFlag("micro-batch", "images of a step at once; gradients of its parts are added up", 1),
    {
      group: "What to train",
      said: "the whole batch",
      idle: (images, { batchSize }) => images >= batchSize,
    },
  ),
  cropPadding: field(
    "cropPadding",
    integerFlag("crop-padding", "zeros around an image before its crop", 0, LARGEST_CROP_PADDING),
    { group: "What to train", default: LARGEST_CROP_PADDING, later: true },
  ),
  noFlip: field("noFlip", switchFlag("no-flip", "mirror no image at random, as of svhn"), {
    group: "What to train",
    default: ({ data }) => mirrors(data) ? undefined : true,
  }),
  cutout: field(
    "cutout",
    integerFlag("cutout", "blank a square of N×N pixels in each training image, 0 for none", 0),
    { group: "What to train" },
  ),
  seed: field("seed", integerFlag("seed", "seed of every random draw", 0, LARGEST_SEED), {
    group: "What to train",
    default: 1,
  }),
} as const;

/** Whether a mirrored image of the set `data` is one of its class. */
function mirrors(data: string): boolean {
  const set = findSet(data);
  return isFound(set) || set.mirrors !== false;
}

/** Every engine and file has such sizes: what pools or strides leaves nothing over. */
function refuseUneven(size: number): void {
  if (size % 8 === 0) return;
  throw new UsageError(`--image-size must be a multiple of 8, such as 64, not ${size}.`);
}
