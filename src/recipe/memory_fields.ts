/**
 * The rows of the memory.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { CODEC_NAMES } from "../memory/chunk/codec.ts";
import {
  CORRUPTION_POLICIES,
  LARGEST_AGE,
  MEMORY_VIEWS,
  type MemoryView,
} from "../memory/options.ts";
import { MEMORY_WEIGHTS, type MemoryWeight, memoryWeights } from "../method/method.ts";
import { methodOf } from "../method/methods.ts";
import { type Above, field, FROM_MEMORY, HAS_MEMORY } from "./field.ts";
import { choiceFlag, type Flag, integerFlag, numberFlag, textFlag } from "./flag.ts";

const address = textFlag(
  "memory-index",
  "URL",
  "KV Connect service that keeps the memory's index",
);
const addressSchema = v.pipe(
  address.schema,
  v.check(isAddress, "must be an http or https address"),
  v.transform((text) => new URL(text).href),
);
const addressFlag: Flag<typeof addressSchema> = { ...address, schema: addressSchema };

function isAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

/** By name; a row may look at those above it, at what is trained and at the attack. */
export const MEMORY_FIELDS = {
  memoryWeight: field(
    "memory.weight",
    choiceFlag("memory-weight", MEMORY_WEIGHTS, "how the memory term weighs examples"),
    {
      group: "Memory",
      needs: HAS_MEMORY,
      default: ({ variant }) => memoryWeights(methodOf(variant))[0] ?? "uniform",
      said: "the variant's",
      check: refuseForeignWeight,
    },
  ),
  memoryCodec: field(
    "memory.codec",
    choiceFlag("memory-codec", CODEC_NAMES, "how perturbations are stored"),
    {
      group: "Memory",
      needs: HAS_MEMORY,
      default: ({ threat }) => threat.norm === "linf" ? "int8" : "f32",
      said: "int8, in l2 f32",
    },
  ),
  memoryView: field(
    "memory.view",
    choiceFlag(
      "memory-view",
      MEMORY_VIEWS,
      "crop and flip of a memory example: those it was made under, or this epoch's",
    ),
    {
      group: "Memory",
      needs: HAS_MEMORY,
      default: ({ attack, cutout }) =>
        attack.start === "memory" || cutout !== undefined ? "realigned" : "stored",
      said: "stored, with --attack-start memory or --cutout realigned",
      later: true,
      check: refuseOtherView,
    },
  ),
  memoryAge: field(
    "memory.age",
    integerFlag("memory-age", "epochs between making an example and using it", 1, LARGEST_AGE),
    { group: "Memory", needs: HAS_MEMORY, default: 1, later: true },
  ),
  memoryReset: field(
    "memory.reset",
    integerFlag(
      "memory-reset",
      "with --attack-start memory, begin afresh every N epochs, with --first-steps",
      2,
    ),
    {
      group: "Memory",
      needs: FROM_MEMORY,
      default: ({ variant }) => methodOf(variant).attack?.prior?.reset,
      said: "never, of fgsm-pgi 40",
      check: refuseShortReset,
    },
  ),
  memoryEma: field(
    "memory.ema",
    numberFlag(
      "memory-ema",
      "keep a running average of examples: the share a in [0,1) of the earlier ones",
      0,
    ),
    {
      group: "Memory",
      needs: HAS_MEMORY,
      said: "none",
      check: refuseAverage,
    },
  ),
  memoryBudget: field(
    "memory.budget",
    integerFlag("memory-budget", "MiB of RAM for the memory, which never change a result", 0),
    { group: "Memory", needs: HAS_MEMORY, default: 256, perStart: true, later: true },
  ),
  memoryIndex: field("memory.index", addressFlag, {
    group: "Memory",
    needs: HAS_MEMORY,
    said: "a file in the run folder",
    perStart: true,
  }),
  onCorruption: field(
    "memory.onCorruption",
    choiceFlag(
      "on-corruption",
      CORRUPTION_POLICIES,
      "a damaged memory example: take the step without it, or stop",
    ),
    { group: "Memory", needs: HAS_MEMORY, default: "rerun", perStart: true, later: true },
  ),
} as const;

function refuseForeignWeight(weight: MemoryWeight, { variant }: Above): void {
  const defined = memoryWeights(methodOf(variant));
  if (defined.includes(weight)) return;
  throw new UsageError(
    `--memory-weight ${weight} is not defined for --variant ${variant}: it takes ${
      defined.join(" or ")
    }.`,
  );
}

function refuseOtherView(view: MemoryView, { attack, cutout }: Above): void {
  if (view === "realigned") return;
  if (cutout !== undefined) {
    throw new UsageError(
      `--memory-view ${view} would need to know where --cutout blanked an example, and the memory does not keep it: ` +
        "use --memory-view realigned, or leave it out.",
    );
  }
  if (attack.start !== "memory") return;
  throw new UsageError(
    `--memory-view ${view} leaves memory examples under other crops than the images that --attack-start memory ` +
      "attacks: use --memory-view realigned, or leave it out.",
  );
}

function refuseShortReset(epochs: number, { memory }: Above): void {
  if (epochs > memory.age) return;
  throw new UsageError(
    `--memory-reset ${epochs} must be more than --memory-age ${memory.age}: no example would ever be a start.`,
  );
}

function refuseAverage(share: number, { memory }: Above): void {
  if (share >= 1) {
    throw new UsageError(`--memory-ema must be below 1, not ${share}: 1 would never learn.`);
  }
  if (memory.codec !== "int8" || memory.view !== "stored") return;
  throw new UsageError(
    "--memory-ema mixes crops, which leaves the ball that int8 can store: " +
      "add --memory-view realigned, or --memory-codec f16 or f32.",
  );
}
