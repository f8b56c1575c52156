/**
 * The stages, in the order in which they run.
 *
 * @module
 */
import type { Notebook } from "./context.ts";

/** A part of the check. */
export interface Stage {
  /** Its part of the time, against the others'; what earlier ones leave is shared out anew. */
  readonly share: number;
  /** What it finds out, for people. */
  readonly title: string;
  readonly load: () => Promise<{ run(notebook: Notebook): Promise<void> }>;
}

/** All of them. */
export const STAGES: Readonly<Record<string, Stage>> = {
  doctor: {
    share: 40,
    title: "What the machine has",
    load: () => import("./stages/doctor.ts"),
  },
  variants: {
    share: 110,
    title: "Every kernel variant against float64",
    load: () => import("./stages/variants.ts"),
  },
  parity: {
    share: 40,
    title: "A training step against PyTorch's in float64",
    load: () => import("./stages/parity.ts"),
  },
  replay: {
    share: 60,
    title: "A replayed step against the same, dispatch by dispatch",
    load: () => import("./stages/replay.ts"),
  },
  tuning: { share: 80, title: "Tuning", load: () => import("./stages/tuning.ts") },
  step: {
    share: 60,
    title: "The V1 step, float32 and with the attack in float16",
    load: () => import("./stages/step.ts"),
  },
  pytorch: {
    share: 120,
    title: "The V1 step in turns with PyTorch's on the same GPU",
    load: () => import("./stages/pytorch.ts"),
  },
  host: { share: 25, title: "The host alone", load: () => import("./stages/host.ts") },
  train: { share: 150, title: "Training V1", load: () => import("./stages/train.ts") },
  autoattack: { share: 90, title: "AutoAttack", load: () => import("./stages/autoattack.ts") },
  kernels: { share: 50, title: "Every kernel's speed", load: () => import("./stages/kernels.ts") },
};
