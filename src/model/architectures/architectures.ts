/**
 * The architectures that there are. A new one is a file beside this one and a row here.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import {
  type ActivationName,
  type Architecture,
  type ModelConfig,
  normalisationNames,
} from "../architecture.ts";
import type { ArchitectureDefinition, Shapes } from "./definition.ts";
import { PREACT_RESNET18 } from "./preact_resnet18.ts";
import { RESNET18 } from "./resnet18.ts";
import { SMALL_CNN } from "./small_cnn.ts";
import { WRN_28_10, WRN_34_10 } from "./wide_resnet.ts";

/** All of them; the first is what is trained unless told otherwise. */
export const ARCHITECTURES = [
  RESNET18,
  PREACT_RESNET18,
  WRN_34_10,
  WRN_28_10,
  SMALL_CNN,
] as const;

/** The name of an architecture. */
export type ArchitectureName = typeof ARCHITECTURES[number]["name"];

/** Their names. */
export const ARCHITECTURE_NAMES = ARCHITECTURES.map(({ name }) => name) as [
  ArchitectureName,
  ...ArchitectureName[],
];

/** What is trained unless told otherwise. */
export const DEFAULT_ARCHITECTURE: ArchitectureName = ARCHITECTURES[0].name;

/** What a normalisation of the images is called here. */
const NORMALISATION = "normalize";

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
  return definitionOf(name).build(config);
}

/** The row of the network called `name`. */
export function definitionOf(name: ArchitectureName): ArchitectureDefinition {
  return definitions.find((each) => each.name === name)!;
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
  throw new UsageError(
    `${source} is no state dict of a network that this program knows: ${whyNone(shapes)}.`,
  );
}

/** `architecture` behind a normalisation of its images. */
export function withNormalisation(architecture: Architecture): Architecture {
  return { ...architecture, normalisation: NORMALISATION };
}

/**
 * `architecture` with a nonlinearity, ReLU unless given; another one is part of its title.
 *
 * @example
 * ```ts
 * import { buildArchitecture, withActivation } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const plain = buildArchitecture("wrn-28-10", { width: 16, classes: 10 });
 * assert.equal(withActivation(plain, "silu").title, "WideResNet-28-10 SiLU");
 * ```
 */
export function withActivation(
  architecture: Architecture,
  activation: ActivationName = "relu",
): Architecture {
  if (activation === "relu") return architecture;
  return { ...architecture, title: `${architecture.title} ${TITLES[activation]}`, activation };
}

/** What is added to a title. */
const TITLES = { silu: "SiLU" } as const;

/** The network whose state dict has tensors of `shapes`; undefined if no architecture is recognised. */
export function recognise(shapes: Shapes): Architecture | undefined {
  const found = identify(shapes);
  if (found === undefined) return undefined;
  const architecture = buildArchitecture(found.name, found.config);
  const { mean, std } = normalisationNames(NORMALISATION);
  return shapes.has(mean) && shapes.has(std) ? withNormalisation(architecture) : architecture;
}

/** Which network has tensors of `shapes`, and of which size; undefined if no architecture is recognised. */
export function identify(
  shapes: Shapes,
): { name: ArchitectureName; config: Required<ModelConfig> } | undefined {
  for (const { name, infer } of ARCHITECTURES) {
    const config = infer(shapes);
    if (typeof config !== "string") return { name, config };
  }
  return undefined;
}

/** Why tensors of `shapes` are no network's: a reason for each architecture. */
export function whyNone(shapes: Shapes): string {
  return definitions.map(({ name, infer }) => `for ${name} it ${infer(shapes)}`).join("; ");
}
