/**
 * The table of common corruptions, and data sets under them.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { Purpose, Stream } from "../../random/stream.ts";
import { type Dataset, describeShape, valuesPerImage } from "../dataset.ts";
import { DEFOCUS_BLUR, GAUSSIAN_BLUR, GLASS_BLUR, ZOOM_BLUR } from "./blur.ts";
import { type Corruption, SEVERITIES } from "./corruption.ts";
import { ELASTIC_TRANSFORM } from "./elastic.ts";
import { FROST } from "./frost.ts";
import { BRIGHTNESS, CONTRAST, SATURATE } from "./light.ts";
import { JPEG_COMPRESSION, PIXELATE } from "./lossy.ts";
import { MOTION_BLUR } from "./motion_blur.ts";
import { GAUSSIAN_NOISE, IMPULSE_NOISE, SHOT_NOISE, SPECKLE_NOISE } from "./noise.ts";
import { SPATTER } from "./spatter.ts";
import { FOG, SNOW } from "./weather.ts";

/**
 * The fifteen kinds that CIFAR-10-C's mean is over, in its order but for frost, which came last. Its photographs of frost are
 * crystals made here. A draw depends on the place in {@linkcode KNOWN_CORRUPTION_NAMES}.
 */
export const CORRUPTION_NAMES = [
  ...["gaussian_noise", "shot_noise", "impulse_noise"] as const,
  ...["defocus_blur", "glass_blur", "motion_blur", "zoom_blur"] as const,
  ...["snow", "fog", "brightness", "contrast"] as const,
  ...["elastic_transform", "pixelate", "jpeg_compression", "frost"] as const,
] as const;

/** Kinds that CIFAR-10-C has besides, which its mean does not count, in its order but for spatter, which came last. */
export const EXTRA_CORRUPTION_NAMES = [
  "speckle_noise",
  "gaussian_blur",
  "saturate",
  "spatter",
] as const;

/** All kinds that are made. A new one goes to the end. */
export const KNOWN_CORRUPTION_NAMES = [...CORRUPTION_NAMES, ...EXTRA_CORRUPTION_NAMES] as const;

/** Those of `names` that a mean is over: the kinds of CIFAR-10-C's mean, or all where none of these is among them. */
export function averagedKinds(names: readonly string[]): readonly string[] {
  const counted = names.filter((name) => CORRUPTION_NAMES.some((each) => each === name));
  return counted.length > 0 ? counted : names;
}

/** What is said wherever frost counts. */
export const FROST_IS_MADE = "frost is generated, not CIFAR-10-C's photographs";

/** The name of a kind of corruption. */
export type CorruptionName =
  | typeof CORRUPTION_NAMES[number]
  | typeof EXTRA_CORRUPTION_NAMES[number];

const TABLE: { readonly [N in CorruptionName]: Corruption<N> } = {
  ...{ gaussian_noise: GAUSSIAN_NOISE, shot_noise: SHOT_NOISE, impulse_noise: IMPULSE_NOISE },
  ...{ defocus_blur: DEFOCUS_BLUR, glass_blur: GLASS_BLUR, motion_blur: MOTION_BLUR },
  ...{ zoom_blur: ZOOM_BLUR, snow: SNOW, fog: FOG, brightness: BRIGHTNESS, contrast: CONTRAST },
  ...{ elastic_transform: ELASTIC_TRANSFORM, pixelate: PIXELATE },
  ...{ jpeg_compression: JPEG_COMPRESSION, frost: FROST },
  ...{ speckle_noise: SPECKLE_NOISE, gaussian_blur: GAUSSIAN_BLUR },
  ...{ saturate: SATURATE, spatter: SPATTER },
};

/**
 * Refuses images that no corruption is made for.
 *
 * @throws {UsageError} if they have no three channels
 */
export function checkCorruptible({ shape }: Pick<Dataset, "shape">): void {
  if (shape.channels === 3) return;
  throw new UsageError(
    `Corruptions are made for images of three channels, not ${describeShape(shape)}.`,
  );
}

/**
 * The images `ids` of `dataset` under a corruption, in their order; equal seeds give equal bytes, whichever images are asked for.
 *
 * @example A test image in fog
 * ```ts
 * import { corrupted, loadSplit } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const test = await loadSplit("synthetic", "test", undefined, 1);
 * const { n, images } = corrupted(test, Uint32Array.of(7), "fog", 3, 1);
 * assert.deepEqual([n, images.length], [1, 32 * 32 * 3]);
 * ```
 *
 * @param severity from 1 to 5
 * @throws {UsageError} if the images have no three channels
 */
export function corrupted(
  dataset: Dataset,
  ids: Uint32Array,
  name: CorruptionName,
  severity: number,
  seed: number,
): Dataset {
  checkCorruptible(dataset);
  const { shape, labels } = dataset, values = valuesPerImage(shape);
  const number = KNOWN_CORRUPTION_NAMES.indexOf(name), images = new Uint8Array(ids.length * values);
  const { apply }: Corruption = TABLE[name];
  ids.forEach((id, row) => {
    const bytes = dataset.images.subarray(id * values, (id + 1) * values);
    const draws = new Stream(seed, Purpose.corruption, number * SEVERITIES + severity, id);
    images.set(apply({ bytes, shape }, severity, draws), row * values); // fractions are cut off
  });
  return { ...dataset, n: ids.length, images, labels: Uint8Array.from(ids, (id) => labels[id]!) };
}
