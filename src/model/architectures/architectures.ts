/**
 * The architectures that there are. A new one is a file beside this one and a row here.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import type { Architecture } from "../architecture.ts";
import type { ArchitectureEntry, Shapes } from "./entry.ts";
import { RESNET18 } from "./resnet18.ts";

/** Every architecture, by the name that a recipe knows it by. */
export const ARCHITECTURES = {
  resnet18: RESNET18,
} as const satisfies Readonly<Record<string, ArchitectureEntry>>;

/** The name of an architecture. */
export type ArchitectureName = keyof typeof ARCHITECTURES;

/** What is trained. */
export const DEFAULT_ARCHITECTURE: ArchitectureName = "resnet18";

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
  const reasons = Object.values<ArchitectureEntry>(ARCHITECTURES)
    .map((entry) => `for ${entry.name} it ${entry.infer(shapes)}`);
  throw new UsageError(
    `${source} is no state dict of a network that this program knows: ${reasons.join("; ")}.`,
  );
}

function recognise(shapes: Shapes): Architecture | undefined {
  for (const entry of Object.values<ArchitectureEntry>(ARCHITECTURES)) {
    const config = entry.infer(shapes);
    if (typeof config !== "string") return entry.build(config);
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
