/**
 * The rows of the device that a run is computed on, and of what is kept of it.
 *
 * @module
 */
import { BACKEND_CHOICES } from "../backend/backend.ts";
import { methodOf } from "../method/methods.ts";
import { type Condition, field } from "./field.ts";
import { choiceFlag, integerFlag, switchFlag } from "./flag.ts";
import { SELECTIONS } from "./recipe.ts";

/** Accuracies are measured on images that are held out: the test set must not say when to stop. */
const HOLDS_OUT: Condition = {
  holds: ({ select }) => select === "val",
  cause: ({ select }) => `--select ${select}`,
};

/** By name; a row may look at those above it, and at what is trained. */
export const RUN_FIELDS = {
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
    {
      group: "Output",
      // A network that is trained without an adversary is best under PGD-20 before it has learnt anything.
      default: ({ variant }) => methodOf(variant).attack ? "val" : "none",
      said: "val, of standard none",
    },
  ),
  earlyStop: field(
    "earlyStop",
    integerFlag(
      "early-stop",
      "end after N epochs in a row without a better PGD-20 on the held-out images, 0 for never",
      0,
    ),
    { group: "Output", needs: HOLDS_OUT },
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
