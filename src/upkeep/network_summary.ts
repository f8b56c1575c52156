/**
 * A network in a few words and numbers.
 *
 * @module
 */
import type { Architecture } from "../model/architecture.ts";
import { parameterShapes } from "../model/parameters.ts";

/** What a network is. */
export interface NetworkSummary {
  /** For people, e.g. `ResNet-18`. */
  readonly title: string;
  /** What the optimiser moves, numbers in all. */
  readonly parameters: number;
  /** Number of logits. */
  readonly classes: number;
  /** Channels of the images. */
  readonly channels: number;
}

/** The summary of `architecture`. */
export function summariseNetwork(architecture: Architecture): NetworkSummary {
  const { title, classes, channels } = architecture;
  const parameters = parameterShapes(architecture).values()
    .reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { title, parameters, classes, channels };
}
