/**
 * The rows of the threat model and of the attack in training.
 *
 * @module
 */
import {
  ATTACK_LOSSES,
  ATTACK_NORMS,
  ATTACK_STARTS,
  type AttackLossName,
  type AttackStartName,
} from "../attack/options.ts";
import { ATTACK_PRECISIONS, type AttackPrecision } from "../backend/backend.ts";
import { UsageError } from "../errors.ts";
import { takesOneStep } from "../method/method.ts";
import { MEMORY_VARIANTS, methodOf } from "../method/methods.ts";
import { type Above, ATTACKS, field, FROM_MEMORY, type Unit } from "./field.ts";
import { choiceFlag, integerFlag, positiveFlag } from "./flag.ts";

/** Iterations of an attack: what a step may cost at the most. */
const MOST_STEPS = 10_000;

const defaultSteps = ({ variant }: Above): number => takesOneStep(methodOf(variant)) ? 1 : 10;

/** Lengths of one norm are none of another. */
const IN_NORM: Unit = {
  of: ({ threat }) => threat.norm,
  cause: ({ threat }) => `--attack-norm ${threat.norm}`,
};

/** A single step has to go all the way. */
const OF_ONE_STEP: Unit = {
  of: ({ variant }) => String(takesOneStep(methodOf(variant))),
  cause: ({ variant }) => `--variant ${variant}`,
};

/** By name; a row may look at those above it, and at what is trained. */
export const ATTACK_FIELDS = {
  attackNorm: field(
    "threat.norm",
    choiceFlag("attack-norm", ATTACK_NORMS, "norm that bounds the attack"),
    { group: "Attack", default: "linf" },
  ),
  attackEps: field(
    "threat.epsilon",
    positiveFlag("attack-eps", "radius of the attack, images in [0,1]"),
    {
      group: "Attack",
      default: ({ threat }) => threat.norm === "linf" ? 8 / 255 : 128 / 255,
      said: "8/255, in l2 128/255",
      units: [IN_NORM],
      check: refuseWholeRange,
    },
  ),
  attackSteps: field(
    "attack.steps",
    integerFlag(
      "attack-steps",
      "iterations of the training attack",
      1,
      MOST_STEPS,
    ),
    {
      group: "Attack",
      needs: ATTACKS,
      inFormat1: true,
      default: defaultSteps,
      said: "10, of n-fgsm and fgsm-pgi 1",
      units: [OF_ONE_STEP],
    },
  ),
  attackStart: field(
    "attack.start",
    choiceFlag(
      "attack-start",
      ATTACK_STARTS,
      "begin where the variant does, or at the image's memory example",
    ),
    {
      group: "Attack",
      needs: ATTACKS,
      default: ({ variant }) => methodOf(variant).attack?.prior ? "memory" : "noise",
      said: "noise, of fgsm-pgi memory",
      later: true,
      check: refuseOtherStart,
    },
  ),
  firstSteps: field(
    "attack.firstSteps",
    integerFlag(
      "first-steps",
      "iterations while there is no memory yet, at the beginning and after a reset, with --attack-start memory",
      1,
      MOST_STEPS,
    ),
    {
      group: "Attack",
      needs: FROM_MEMORY,
      // To begin afresh takes no less than to go on.
      default: (above) => Math.max(defaultSteps(above), above.attack.steps),
      said: "10, of fgsm-pgi 1, but no fewer than --attack-steps",
      units: [OF_ONE_STEP],
    },
  ),
  attackStep: field(
    "attack.stepSize",
    positiveFlag("attack-step", "step length of the training attack"),
    {
      group: "Attack",
      needs: ATTACKS,
      inFormat1: true,
      default: ({ variant, threat, attack }) => {
        if (takesOneStep(methodOf(variant))) return threat.epsilon;
        return threat.norm === "linf" ? 2 / 255 : 2 * threat.epsilon / attack.steps;
      },
      said: "2/255, in l2 2ε/steps, of n-fgsm and fgsm-pgi ε",
      units: [IN_NORM, OF_ONE_STEP],
    },
  ),
  attackLoss: field(
    "attack.loss",
    choiceFlag("attack-loss", ATTACK_LOSSES, "what the training attack maximises"),
    {
      group: "Attack",
      needs: ATTACKS,
      default: ({ variant }) => methodOf(variant).attack?.loss ?? "kl",
      said: "the variant's",
      check: refuseWithoutMemory,
    },
  ),
  attackPrecision: field(
    "attack.precision",
    choiceFlag(
      "attack-precision",
      ATTACK_PRECISIONS,
      "what the training attack multiplies on webgpu, with f32 sums",
    ),
    {
      ...{ group: "Attack", needs: ATTACKS, default: "f32", later: true },
      check: refuseLayered,
    },
  ),
} as const;

/** What float16 is for is an engine's own network, through which ReLU's attacks alone go. */
function refuseLayered(precision: AttackPrecision, { activation }: Above): void {
  if (precision !== "f16" || activation === undefined || activation === "relu") return;
  throw new UsageError(
    `--attack-precision f16 is for networks with ReLU, and --activation ${activation} is attacked in float32: ` +
      "leave one of them out.",
  );
}

function refuseWholeRange(epsilon: number, { threat }: Above): void {
  if (threat.norm !== "linf" || epsilon <= 1) return;
  throw new UsageError(
    `--attack-eps ${epsilon} is more than any pixel can move in [0,1]: did you mean ${epsilon}/255?`,
  );
}

function refuseOtherStart(start: AttackStartName, { variant }: Above): void {
  const { memory, attack } = methodOf(variant);
  if (start === "noise" && attack?.prior) {
    throw new UsageError(
      `--attack-start noise takes from --variant ${variant} its prior, the image's memory example: ` +
        "use --variant n-fgsm for one step from noise, or leave it out.",
    );
  }
  if (start !== "memory") return;
  if (memory && attack?.noise !== undefined) {
    throw new UsageError(
      `--attack-start memory takes from --variant ${variant} its noise: ` +
        "use --variant fgsm-pgi for one step from the memory's examples, or leave it out.",
    );
  }
  if (memory) return;
  const able = MEMORY_VARIANTS.filter((name) => methodOf(name).attack?.noise === undefined);
  throw new UsageError(
    `--attack-start memory needs memory examples, and --variant ${variant} keeps none: ` +
      `use ${able.join(", ")}, or leave it out.`,
  );
}

function refuseWithoutMemory(loss: AttackLossName, { variant, beta }: Above): void {
  if (loss !== "memory-kl" || methodOf(variant).memory && beta > 0) return;
  const weighing = MEMORY_VARIANTS.filter((name) => "beta" in methodOf(name).coefficients);
  throw new UsageError(
    "--attack-loss memory-kl weighs by β'/β: it needs a variant with both " +
      `(${weighing.join(", ")}) and --beta over 0.`,
  );
}
