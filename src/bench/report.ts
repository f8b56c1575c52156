/**
 * What a bench found, as plain data.
 *
 * @module
 */
import type { AttackCost } from "./attack_start.ts";
import type { GPUS } from "./gpus.ts";
import type { HostSpeed } from "./host/measure.ts";
import type { LayerSpeed, RatioSummary } from "./kernels.ts";
import type { VariantRoofline } from "./roofline.ts";
import type { StepComparison } from "./step.ts";

/** What is measured: the network's width and the images of a batch. */
export interface Size {
  readonly width: number;
  readonly batchSize: number;
}

/** What `bench --json` prints: what was asked for. */
export interface BenchReport {
  /** Whose times kernels and step are; absent where neither was asked for. */
  readonly adapter?: string;
  readonly kernels?: Size & {
    readonly pairs: number;
    /** The fastest variants against tfjs; empty without it. */
    readonly summary: readonly RatioSummary[];
    readonly layers: readonly LayerSpeed[];
  };
  readonly step?: Size & { readonly pairs: number } & StepComparison;
  /** V1's step with fewer attack steps, from the memory. */
  readonly attackStart?: Size & {
    /** What computed. */
    readonly backend: string;
    readonly adapter: string;
    readonly pairs: number;
    readonly attacks: readonly AttackCost[];
  };
  /** The trainer on a device that computes nothing. */
  readonly host?: Size & HostSpeed;
  readonly roofline?: Size & {
    readonly gpus: typeof GPUS;
    readonly variants: readonly VariantRoofline[];
  };
}
