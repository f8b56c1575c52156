/**
 * The architectures that there are. A new one is a file beside this one and a row here.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import type { Architecture, ModelConfig } from "../architecture.ts";
import type { ArchitectureDefinition, Shapes } from "./definition.ts";
import { RESNET18 } from "./resnet18.ts";

/** All of them; the first is what is trained. */
export const ARCHITECTURES = [
  RESNET18,
] as const;

/** The name of an architecture. */
export type ArchitectureName = typeof ARCHITECTURES[number]["name"];

/** What is trained. */
export const DEFAULT_ARCHITECTURE: ArchitectureName = ARCHITECTURES[0].name;

const definitions: readonly ArchitectureDefinition[] = ARCHITECTURES;

/**
 * The network called `name`, of that size.
 *
 * @example
 * ```ts
 * import { buildArchitecture } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const { title, features } = buildArchitecture("resnet18", { width: 16, classes: 10 });
 * assert.deepEqual([title, features], ["ResNet-18", 128]);
 * ```
 */
export function buildArchitecture(name: ArchitectureName, config: ModelConfig): Architecture {
  return definitions.find((each) => each.name === name)!.build(config);
}

/**
 * The network whose state dict has tensors of `shapes`.
 *
 * @param source the file that holds it, for error messages
 * @throws {UsageError} if no architecture is recognised, with the reason for each
 */
export function inferArchitecture(shapes: Shapes, source: string): Architecture {
  const found = recognise(shapes);
  if (found !== undefined) return found;
  const prefix = foreignPrefix(shapes);
  if (prefix !== undefined) {
    throw new UsageError(
      `${source} holds its network's tensors under "${prefix}": save them without it, as ` +
        `{name.removeprefix("${prefix}"): tensor for name, tensor in state_dict.items()}.`,
    );
  }
  const reasons = definitions.map(({ name, infer }) => `for ${name} it ${infer(shapes)}`);
  throw new UsageError(
    `${source} is no state dict of a network that this program knows: ${reasons.join("; ")}.`,
  );
}

function recognise(shapes: Shapes): Architecture | undefined {
  for (const { infer, build } of definitions) {
    const config = infer(shapes);
    if (typeof config !== "string") return build(config);
  }
  return undefined;
}

/** What stands before the names of a network that would be recognised without it, e.g. `module.`. */
function foreignPrefix(shapes: Shapes): string | undefined {
  const prefixes = new Set(
    [...shapes.keys()].flatMap((name) =>
      [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index + 1))
    ),
  );
  return [...prefixes].find((prefix) =>
    recognise(
      new Map(
        [...shapes].filter(([name]) => name.startsWith(prefix))
          .map(([name, shape]) => [name.slice(prefix.length), shape]),
      ),
    ) !== undefined
  );
}
