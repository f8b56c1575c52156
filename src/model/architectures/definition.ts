/**
 * What an architecture is to the table.
 *
 * @module
 */
import type { Architecture, ModelConfig } from "../architecture.ts";

/** The shapes of a state dict's tensors, by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** A row of the table. */
export interface ArchitectureDefinition<Name extends string = string> {
  /** Its name in recipes. */
  readonly name: Name;
  /** A few words for the help. */
  readonly summary: string;
  /** The published {@linkcode ModelConfig.width}. */
  readonly width: number;
  /** The network of that size. */
  build(config: ModelConfig): Architecture;
  /**
   * The size of the network whose state dict has `shapes`, or why it is none of these: a few words that follow "it". Looks
   * at what tells networks apart; whoever imports the state dict accounts for every tensor.
   */
  infer(shapes: Shapes): Required<ModelConfig> | string;
}

/** The tensors that a network is known by. */
interface Marks {
  /** The weight of the first convolution, `[width,channels,k,k]`. */
  readonly stem: string;
  /** The weight of the linear layer, `[classes,features]`. */
  readonly linear: string;
  /** What else must be there. */
  readonly also: readonly string[];
}

/** {@linkcode ArchitectureDefinition.infer} for a network that is known by `marks`. */
export function configOf(
  shapes: Shapes,
  { stem, linear, also }: Marks,
): Required<ModelConfig> | string {
  const missing = [stem, linear, ...also].filter((name) => !shapes.has(name));
  const [lacking, ...more] = missing;
  if (lacking !== undefined) {
    return `lacks ${lacking}${more.length > 0 ? ` and ${more.length} more` : ""}`;
  }
  const first = shapes.get(stem)!, last = shapes.get(linear)!;
  const isTensor = (shape: readonly number[], rank: number) =>
    shape.length === rank && shape.every((length) => length > 0);
  const wrong = !isTensor(first, 4) ? stem : !isTensor(last, 2) ? linear : undefined;
  if (wrong !== undefined) return `holds ${wrong} as [${shapes.get(wrong)}]`;
  const [width, channels] = first as [number, number], [classes] = last as [number];
  return { width, classes, channels };
}
