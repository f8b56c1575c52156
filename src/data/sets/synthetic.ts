/**
 * The built-in data set: ten classes with a robust and a non-robust feature, made from a seed, so that the difference
 * between standard and adversarial training shows in minutes and without a download.
 *
 * Every image carries two clues to its label. A coarse bright shape, far larger than any attack budget, tells the
 * truth for most images and another class's for the rest. A faint texture of ±{@linkcode TEXTURE_AMPLITUDE}/255 per
 * pixel always tells the truth, but an attacker with 8/255 can erase or forge it. A standard model learns the texture, since
 * only the texture is always right, and collapses under attack; an adversarially trained one must use the shape.
 *
 * @module
 */
import { Purpose, Stream } from "../../random/stream.ts";
import type { Dataset, SplitName, Splits } from "../dataset.ts";
import type { GeneratedSet } from "./definition.ts";

/** What the shapes look like, before the blur. */
const CLASSES = [
  "disc",
  "ring",
  "square",
  "frame",
  "cross",
  "saltire",
  "bar",
  "pillar",
  "diamond",
  "corner",
] as const;

/** Height and width of the images. */
const SIZE = 32;
/** Red, green and blue. */
const CHANNELS = 3;
const VALUES = SIZE * SIZE * CHANNELS;

/** Sizes of the two parts. */
export const SYNTHETIC_SIZES = { train: 5_120, test: 1_024 } as const;

/** Amplitude of the non-robust texture in 1/255: half the usual attack budget of 8. */
const TEXTURE_AMPLITUDE = 4;
/** Brightness of a shape's strongest channel over the background, in 1/255. */
const SHAPE_CONTRAST = 66;
/** Share of images whose shape is their own class's; the others show a uniformly random class's. */
const SHAPE_TRUTH = 0.75;
/** Darkest background and the range above it, in 1/255. */
const BACKGROUND = [16, 8] as const;
/** Shapes are blurred over this many pixels to each side: no edge of theirs hides the texture. */
const BLUR_RADIUS = 2;

/** Is the point inside the shape of `label`? Coordinates relative to the shape's centre, in units of its radius. */
const SHAPES: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => x * x + y * y < 1.1 && x * x + y * y > 0.35,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.85,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 1 && Math.max(Math.abs(x), Math.abs(y)) > 0.6,
  (x, y) => Math.min(Math.abs(x), Math.abs(y)) < 0.25 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  (x, y) => Math.abs(Math.abs(x) - Math.abs(y)) < 0.35 && Math.max(Math.abs(x), Math.abs(y)) < 1,
  (x, y) => Math.abs(y) < 0.35 && Math.abs(x) < 1.2,
  (x, y) => Math.abs(x) < 0.35 && Math.abs(y) < 1.2,
  (x, y) => Math.abs(x) + Math.abs(y) < 1.1,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 1 && x + y < -0.2,
];

/** How strongly each class's shape shines in red, green and blue. */
const TINTS: readonly (readonly [number, number, number])[] = [
  [1, 0.3, 0.3],
  [0.3, 1, 0.3],
  [0.3, 0.3, 1],
  [1, 1, 0.3],
  [1, 0.3, 1],
  [0.3, 1, 1],
  [1, 1, 1],
  [0.6, 0.6, 0.6],
  [1, 0.6, 0.3],
  [0.3, 0.6, 1],
];

/**
 * The textures: alternating signs along rows, columns or both, times a sign per colour channel. They are told apart
 * by direction and by which channels agree, so cropping (which shifts the phase) and flipping leave the class legible.
 */
const DIRECTIONS: readonly ((row: number, column: number) => number)[] = [
  (row) => row,
  (_, column) => column,
  (row, column) => row + column,
];
const CHANNEL_SIGNS: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 1, -1],
  [1, -1, 1],
  [-1, 1, 1],
];

/** The built-in data set, in the table of data sets. */
export const SYNTHETIC: GeneratedSet<"synthetic"> = {
  name: "synthetic",
  title: "the synthetic data set",
  classes: CLASSES,
  shape: { height: SIZE, width: SIZE, channels: CHANNELS },
  generate,
};

/** Train and test images of the synthetic data set; equal seeds give equal bytes. */
export function synthetic(seed: number): Splits {
  return { train: generate("train", seed), test: generate("test", seed) };
}

function generate(split: SplitName, seed: number): Dataset {
  const n = SYNTHETIC_SIZES[split], part = split === "train" ? 1 : 2;
  const images = new Uint8Array(n * VALUES);
  const labels = new Uint8Array(n);
  for (let index = 0; index < n; index++) {
    labels[index] = index % CLASSES.length;
    const image = images.subarray(index * VALUES, (index + 1) * VALUES);
    draw(image, index % CLASSES.length, new Stream(seed, Purpose.synthetic, part, index));
  }
  const { name, classes, shape } = SYNTHETIC;
  return { name, classes, shape, n, images, labels };
}

function draw(image: Uint8Array, label: number, stream: Stream): void {
  const honest = stream.uniform() < SHAPE_TRUTH;
  const shown = honest ? label : stream.integer(CLASSES.length);
  const radius = 9 + 3 * stream.uniform();
  const centre = () => SIZE / 2 + 4 * (stream.uniform() - 0.5);
  const shape = blurredShape(SHAPES[shown]!, centre(), centre(), radius);
  const background = Array.from(
    { length: CHANNELS },
    () => BACKGROUND[0] + BACKGROUND[1] * stream.uniform(),
  );
  const direction = DIRECTIONS[Math.floor(label / CHANNEL_SIGNS.length)]!;
  const signs = CHANNEL_SIGNS[label % CHANNEL_SIGNS.length]!;
  const phase = stream.integer(2);
  const tint = TINTS[shown]!;
  for (let row = 0, pixel = 0, i = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++, pixel++) {
      const amplitude = (direction(row, column) + phase) % 2 === 0
        ? TEXTURE_AMPLITUDE
        : -TEXTURE_AMPLITUDE;
      const brightness = SHAPE_CONTRAST * shape[pixel]!;
      for (let channel = 0; channel < CHANNELS; channel++, i++) {
        const coarse = brightness * tint[channel]!, texture = amplitude * signs[channel]!;
        const dither = stream.uniform() - 0.5;
        // Positive, so that cutting off the fraction rounds down.
        image[i] = background[channel]! + coarse + texture + dither + 0.5;
      }
    }
  }
}

/** The shape as coverage in [0,1] per pixel, blurred by a box along rows, then along columns. */
function blurredShape(
  inside: (x: number, y: number) => boolean,
  left: number,
  top: number,
  radius: number,
): Float64Array {
  const sharp = new Float64Array(SIZE * SIZE);
  for (let row = 0, pixel = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++, pixel++) {
      if (inside((column - left) / radius, (row - top) / radius)) sharp[pixel] = 1;
    }
  }
  return boxBlur(boxBlur(sharp, 1, SIZE), SIZE, 1);
}

/** Mean of each pixel and its neighbours along lines of pixels `step` apart; what lies outside counts as 0. */
function boxBlur(values: Float64Array, step: number, lineStep: number): Float64Array {
  const blurred = new Float64Array(values.length);
  for (let line = 0; line < SIZE; line++) {
    for (let position = 0; position < SIZE; position++) {
      const first = Math.max(0, position - BLUR_RADIUS);
      const last = Math.min(SIZE - 1, position + BLUR_RADIUS);
      let sum = 0;
      for (let at = first; at <= last; at++) sum += values[line * lineStep + at * step]!;
      blurred[line * lineStep + position * step] = sum / (2 * BLUR_RADIUS + 1);
    }
  }
  return blurred;
}
