/**
 * What an architecture is to the table.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../architecture.ts";

/** The shapes of a state dict's tensors, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** A row of the table. */
export interface ArchitectureEntry {
  /** Its name in the table. */
  readonly name: string;
  /** The network of that size. */
  build(config: ModelConfig): Architecture;
  /**
   * The size of the network whose state dict has `shapes`, or why it is none of these: a few words that follow "it". Looks
   * at what tells networks apart; whoever imports the state dict accounts for every tensor.
   */
  infer(shapes: Shapes): ModelConfig | string;
}

/** The tensors that a size is read off, both by their first dimension, and what else must be there. */
interface Marks {
  readonly width: string;
  readonly classes: string;
  readonly also: readonly string[];
}

/** {@linkcode ArchitectureEntry.infer} for a network that is known by `marks`. */
export function configOf(shapes: Shapes, { width, classes, also }: Marks): ModelConfig | string {
  const missing = [width, classes, ...also].filter((name) => !shapes.has(name));
  if (missing.length > 0) return `lacks ${missing.join(" and ")}`;
  const sizes = [width, classes].map((name) => shapes.get(name)![0] ?? 0) as [number, number];
  const empty = [width, classes].find((_, i) => !(sizes[i]! > 0));
  if (empty !== undefined) return `holds ${empty} as [${shapes.get(empty)}]`;
  return { width: sizes[0], classes: sizes[1] };
}
