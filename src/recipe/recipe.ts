/**
 * The recipe: everything that decides what a run computes. Its flags, its defaults and its schema are this one table.
 *
 * @module
 */
import * as v from "valibot";
import { ATTACK_LOSSES, ATTACK_NORMS } from "../attack/options.ts";
import { ATTACK_PRECISIONS, BACKEND_CHOICES } from "../backend/backend.ts";
import { DATA_NAMES } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { COEFFICIENTS, MEMORY_WEIGHTS, memoryWeights } from "../method/method.ts";
import { MEMORY_VARIANTS, methodOf, METHODS, VARIANTS } from "../method/methods.ts";
import { SCHEDULES } from "../optimise/schedule.ts";
import { choiceFlag, integerFlag, numberFlag, positiveFlag, switchFlag, textFlag } from "./flag.ts";
import { MEMORY_FIELDS, MEMORY_FLAGS, resolveMemory } from "./memory_flags.ts";

/** What the best checkpoint is chosen by. */
export const SELECTIONS = ["val", "test", "none"] as const;

const LARGEST_SEED = 2 ** 32 - 1;

/** The paper's recipe where it does not depend on other fields. */
const DEFAULTS = {
  variant: "v1",
  data: "cifar10",
  width: 64,
  epochs: 50,
  batchSize: 128,
  lr: 0.21,
  schedule: "onecycle",
  attackNorm: "linf",
  attackSteps: 10,
  select: "val",
  seed: 1,
  backend: "auto",
} as const;

/** Every recipe field by name, with its flag. */
export const RECIPE_FLAGS = {
  variant: choiceFlag(
    "variant",
    VARIANTS,
    `training objective; default ${DEFAULTS.variant}`,
    Object.fromEntries(METHODS.map(({ name, summary }) => [name, summary])),
  ),
  data: choiceFlag("data", DATA_NAMES, `data set; default ${DEFAULTS.data}`),
  dataDir: textFlag("data-dir", "DIR", "folder of the data set's files; default data"),
  width: integerFlag(
    "width",
    `channels of ResNet-18's first stage; default ${DEFAULTS.width}`,
    1,
    1024,
  ),
  epochs: integerFlag("epochs", `passes over the training images; default ${DEFAULTS.epochs}`, 1),
  batchSize: integerFlag("batch-size", `images per step; default ${DEFAULTS.batchSize}`, 1),
  beta: numberFlag(
    "beta",
    "β, the weight of KL(p(x)‖p(x')); default: the published one of the variant",
    0,
  ),
  betaPrime: numberFlag(
    "beta-prime",
    "β', the weight of the memory term; default: the published one of the variant",
    0,
  ),
  memoryWeight: choiceFlag(
    "memory-weight",
    MEMORY_WEIGHTS,
    "how the memory term weighs examples; default: the variant's",
  ),
  ...MEMORY_FLAGS,
  lr: positiveFlag("lr", `peak learning rate; default ${DEFAULTS.lr}`),
  schedule: choiceFlag(
    "schedule",
    SCHEDULES,
    `learning-rate schedule; default ${DEFAULTS.schedule}`,
  ),
  attackLoss: choiceFlag(
    "attack-loss",
    ATTACK_LOSSES,
    "what the training attack maximises; default: the variant's",
  ),
  attackNorm: choiceFlag(
    "attack-norm",
    ATTACK_NORMS,
    `norm that bounds the attack; default ${DEFAULTS.attackNorm}`,
  ),
  attackEps: positiveFlag(
    "attack-eps",
    "radius of the attack, images in [0,1]; default 8/255, in l2 128/255",
  ),
  attackStep: positiveFlag(
    "attack-step",
    "step length of the training attack; default 2/255, in l2 2ε/steps",
  ),
  attackSteps: integerFlag(
    "attack-steps",
    `iterations of the training attack; default ${DEFAULTS.attackSteps}`,
    1,
    10_000, // a step of training is not interrupted
  ),
  select: choiceFlag(
    "select",
    SELECTIONS,
    `what the best checkpoint is chosen on, by PGD-20; default ${DEFAULTS.select}`,
  ),
  limitTrain: integerFlag("limit-train", "train on the first N images only", 1),
  limitTest: integerFlag("limit-test", "evaluate on the first N test images only", 1),
  checkpointEvery: integerFlag("checkpoint-every", "also checkpoint every N steps", 1),
  seed: integerFlag("seed", `seed of every random draw; default ${DEFAULTS.seed}`, 0, LARGEST_SEED),
  backend: choiceFlag(
    "backend",
    BACKEND_CHOICES,
    `device that computes; default ${DEFAULTS.backend}`,
  ),
  attackPrecision: choiceFlag(
    "attack-precision",
    ATTACK_PRECISIONS,
    "what the training attack multiplies on webgpu, with f32 sums; default f32",
  ),
  workers: integerFlag(
    "workers",
    "threads of the wasm backend, which never change a result; default: all processors",
    1,
    256,
  ),
  deterministic: switchFlag(
    "deterministic",
    "the same bits on every machine: the wasm backend with strict rounding, slower",
  ),
} as const;

/** Fields that need not have a value. */
const OPTIONAL = [
  "dataDir",
  "beta",
  "betaPrime",
  "memoryWeight",
  ...MEMORY_FIELDS,
  "attackLoss",
  "limitTrain",
  "limitTest",
  "checkpointEvery",
  "attackPrecision",
  "workers",
  "deterministic",
] as const;

type Flags = typeof RECIPE_FLAGS;
type Schemas = { [K in keyof Flags]: Flags[K]["schema"] };
const schemas = Object.fromEntries(
  Object.entries(RECIPE_FLAGS).map(([field, flag]) => [field, flag.schema]),
) as Schemas;

/** What a recipe file must look like. */
export const RecipeSchema = v.partial(v.strictObject(schemas), OPTIONAL);
/** A complete recipe. Absent coefficients are those its variant does not have. */
export type Recipe = v.InferOutput<typeof RecipeSchema>;
/** Some fields of a recipe, as a user gives them. */
export type RecipeInput = Partial<Recipe>;

/**
 * Fills `input` up with the paper's values for its variant and norm.
 *
 * @throws {UsageError} if a field is given that its variant does not have
 */
export function resolveRecipe(input: RecipeInput): Recipe {
  const given = { ...DEFAULTS, ...input };
  const method = methodOf(given.variant), { attack, memory } = method;
  const weights = memoryWeights(method);
  for (const field of COEFFICIENTS) refuse(given, field, method.coefficients[field] !== undefined);
  for (const field of MEMORY_FIELDS) refuse(given, field, memory !== undefined);
  for (const field of ["attackLoss", "attackPrecision"] as const) {
    refuse(given, field, attack !== undefined);
  }
  if (given.memoryWeight !== undefined && !weights.includes(given.memoryWeight)) {
    throw new UsageError(
      `--memory-weight ${given.memoryWeight} is not defined for --variant ${given.variant}` +
        (memory ? `: it takes ${weights.join(" or ")}.` : ", which has no memory."),
    );
  }
  if (given.attackLoss === "memory-kl" && (memory === undefined || given.beta === 0)) {
    throw new UsageError(
      "--attack-loss memory-kl weighs by β'/β: it needs a variant with a memory " +
        `(${MEMORY_VARIANTS.join(", ")}) and --beta over 0.`,
    );
  }
  const radius = given.attackNorm === "linf" ? 8 / 255 : 128 / 255;
  const attackEps = given.attackEps ?? radius;
  if (given.attackNorm === "linf" && attackEps > 1) {
    throw new UsageError(
      `--attack-eps ${attackEps} is more than any pixel can move in [0,1]: did you mean ${attackEps}/255?`,
    );
  }
  return dropAbsent({
    ...given,
    beta: given.beta ?? method.coefficients.beta,
    betaPrime: given.betaPrime ?? method.coefficients.betaPrime,
    memoryWeight: given.memoryWeight ?? weights[0],
    ...memory && resolveMemory(given),
    attackLoss: given.attackLoss ?? attack?.loss,
    attackEps,
    attackStep: given.attackStep ??
      (given.attackNorm === "linf" ? 2 / 255 : 2 * attackEps / given.attackSteps),
  });
}

function refuse(given: RecipeInput & { variant: string }, field: keyof Flags, allowed: boolean) {
  if (given[field] === undefined || allowed) return;
  throw new UsageError(
    `--${RECIPE_FLAGS[field].name} has no meaning for --variant ${given.variant}.`,
  );
}

/** Without the fields whose value is undefined, so that a recipe equals its JSON. */
function dropAbsent<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
