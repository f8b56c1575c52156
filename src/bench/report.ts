/**
 * What a bench found, as plain data.
 *
 * @module
 */
import type { AttackCost, AttackStartCost } from "./attack.ts";
import type { EvaluationCosts } from "./evaluation.ts";
import type { GPUS } from "./kernels/gpus.ts";
import type { HostSpeed } from "./host/measure.ts";
import type { LayerSpeed, RatioSummary } from "./kernels/speeds.ts";
import type { MemoryCost, MemorySize } from "./memory.ts";
import type { VariantRoofline } from "./kernels/roofline.ts";
import type { StepComparison } from "./step.ts";

/** What is measured: the network's width and the images of a batch. */
export interface Size {
  readonly width: number;
  readonly batchSize: number;
}

/** What was measured in turns on one device, and there. */
export interface OnDevice extends Size {
  /** What computed. */
  readonly backend: string;
  readonly adapter: string;
  readonly pairs: number;
}

/** What `bench --json` prints: what was asked for. */
export interface BenchReport {
  /** What computed kernels and step; absent where neither was asked for, as the next. */
  readonly backend?: string;
  readonly adapter?: string;
  readonly kernels?: Size & {
    readonly pairs: number;
    /** The fastest variants against tfjs; empty without it. */
    readonly summary: readonly RatioSummary[];
    readonly layers: readonly LayerSpeed[];
  };
  readonly step?: Size & { readonly pairs: number } & StepComparison;
  /** The attacks of training, alone. */
  readonly attack?: OnDevice & { readonly attacks: readonly AttackCost[] };
  /** V1's step with fewer attack steps, from the memory. */
  readonly attackStart?: OnDevice & { readonly attacks: readonly AttackStartCost[] };
  /** Accuracies and AutoAttack's members. */
  readonly eval?: OnDevice & EvaluationCosts;
  readonly memory?: MemorySize & MemoryCost;
  /** The trainer on a device that computes nothing. */
  readonly host?: Size & HostSpeed;
  readonly roofline?: Size & {
    readonly gpus: typeof GPUS;
    readonly variants: readonly VariantRoofline[];
  };
}
