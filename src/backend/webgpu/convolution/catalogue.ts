/**
 * Every way to compute a convolution, and which one to take when nobody has measured.
 *
 * @module
 */
import { FILTER_GRADIENT_VARIANTS } from "./filter_gradient/gradient.ts";
import type { Convolution, ConvolutionMode, ConvolutionVariant, DeviceTraits } from "./shape.ts";
import { FORWARD_VARIANTS, INPUT_GRADIENT_VARIANTS } from "./gather/variants.ts";
import { WINOGRAD_VARIANTS } from "./winograd/winograd.ts";

/** Variants to choose from, by mode. */
export type Catalogue = Readonly<Record<ConvolutionMode, readonly ConvolutionVariant[]>>;

/** The variants of every mode, the most generally useful first. */
export const CATALOGUE: Catalogue = {
  forward: [...FORWARD_VARIANTS, ...WINOGRAD_VARIANTS.filter(({ mode }) => mode === "forward")],
  inputGradient: [
    ...INPUT_GRADIENT_VARIANTS,
    ...WINOGRAD_VARIANTS.filter(({ mode }) => mode === "inputGradient"),
  ],
  filterGradient: FILTER_GRADIENT_VARIANTS,
};

/** A device as far as variants depend on it. */
export interface VariantHost {
  readonly traits: DeviceTraits;
  /** A CPU that plays a GPU. */
  readonly software: boolean;
}

/**
 * How the names of the variants begin that are taken unmeasured, the first choice first. Software devices have fast
 * textures, and workgroup memory that is ordinary memory with barriers on top; filter gradients read too much of their
 * operands once only for textures to pay.
 */
const PREFERRED = {
  software: ["winograd-texture", "texture", "register"],
  softwareFilter: ["register", "texture"],
  hardware: ["winograd-tile", "tile", "register"],
} as const;

/** The variants of `catalogue` that compute this convolution on `host`, the one to take unmeasured first. */
export function variantsFor(
  catalogue: Catalogue,
  { mode, shape, precision }: Convolution,
  { traits, software }: VariantHost,
): readonly ConvolutionVariant[] {
  const preferred: readonly string[] = software
    ? PREFERRED[mode === "filterGradient" ? "softwareFilter" : "software"]
    : PREFERRED.hardware;
  const rank = ({ name }: ConvolutionVariant) =>
    preferred.findIndex((start) => name.startsWith(start)) >>> 0; // the others last
  return catalogue[mode]
    .filter((variant) => variant.supports(shape, precision, traits))
    .toSorted((a, b) => rank(a) - rank(b));
}
