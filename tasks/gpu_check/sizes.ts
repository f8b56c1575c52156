/**
 * How much is measured.
 *
 * @module
 */
import { convolutionLayers } from "../../src/bench/kernels/layers.ts";

/** What the stages measure. */
export interface Sizes {
  readonly width: number;
  readonly batchSize: number;
  /** Images of a batch on which kernels are held against float64. */
  readonly checkedBatch: number;
  /** Of each measurement. */
  readonly pairs: number;
  /** Layers of the network that are checked, tuned and timed by themselves, from the first on. */
  readonly layers: number;
  /** Test images that are attacked. */
  readonly attacked: number;
  /** Those of them on which both sides' APGD-CE is timed: two batches, as many as a GPU works on at once. */
  readonly compared: number;
}

/** The paper's network and batch. */
export const FULL: Sizes = {
  ...{
    width: 64,
    batchSize: 128,
    checkedBatch: 32,
    pairs: 5,
    layers: Infinity,
    attacked: 1000,
    compared: 256,
  },
};

/** So small that a software device is done in a minute. */
export const REHEARSAL: Sizes = {
  ...{ width: 4, batchSize: 4, checkedBatch: 2, pairs: 1, layers: 1, attacked: 8, compared: 8 },
};

/** The network's convolutions that are looked at by themselves, for `batch` images. */
export function layersOf({ width, layers }: Sizes, batch: number) {
  return convolutionLayers(width, batch).slice(layers === Infinity ? 0 : 1).slice(0, layers);
}
