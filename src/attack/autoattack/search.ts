/**
 * An attack on one image, written as the papers write it: a generator that asks for the network's answer at one point
 * after another. {@linkcode runSearches} runs many of them at once in full batches.
 *
 * @module
 */
import type { ImageShape } from "../../data/dataset.ts";

/** A correctly classified image to attack. */
export interface Example {
  /** Index in its data set; random draws are keyed by it. */
  readonly id: number;
  /** Its values in [0,1], NHWC. */
  readonly x: Float32Array;
  readonly shape: ImageShape;
  readonly label: number;
  /** The network's logits on `x`, one per class. */
  readonly logits: Float32Array;
}

/** What a search wants to know next. */
export interface Query {
  /** Image to look at, of the example's shape; the search keeps it unchanged until it is answered. */
  readonly point: Float32Array;
  /** The class a targeted loss aims at. */
  readonly target?: number;
}

/** The network's answer to a {@linkcode Query}; the arrays are valid until the next query. */
export interface Observation {
  readonly logits: Float32Array;
  /** Value of the attack's loss; NaN where the attack has none. */
  readonly loss: number;
  /** Gradient of the loss by the point, of its length; empty where the attack has no loss. */
  readonly gradient: Float32Array;
}

/** A search that ends with `T`. */
export type Search<T> = Generator<Query, T, Observation>;

/** An adversarial image, misclassified and in the ball: the last point that was asked for. Undefined if none was found. */
export type Outcome = Float32Array | undefined;

/** The classes other than `label`, likeliest first, at most `count`: the targets of APGD-T and FAB-T. */
export function likeliestOthers({ logits, label }: Example, count: number): number[] {
  return Array.from(logits.keys())
    .filter((c) => c !== label)
    .sort((a, b) => logits[b]! - logits[a]!)
    .slice(0, count);
}
