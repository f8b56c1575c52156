/**
 * Frost on a pane before the image. CIFAR-10-C lays photographs of frost over its images; these crystals are grown here, and only
 * the weights of image and frost are the published ones.
 *
 * @module
 */
import { sinCosOfTurn } from "../../elementary/turn.ts";
import type { Stream } from "../../random/stream.ts";
import type { ImageShape } from "../dataset.ts";
import { type Corruption, corruption, toBytes } from "./corruption.ts";
import { gaussianBlur } from "./filters.ts";

/** Pixels for each seed that crystals grow from. */
const PIXELS_PER_SEED = 200;
/** Feathers from a seed, each in a direction and of a length of its own. */
const FEATHERS = 3;
/** Lengths of feathers, in pixels. */
const SHORTEST = 8, LONGEST = 24;
/** Pixels from one pair of barbs to the next, along a feather. */
const BETWEEN_BARBS = 3;
/** Between a feather and its barbs, in turns: water's crystals have six sides. */
const SIXTH = 1 / 6;
/** The most that a barb is long, in pixels. */
const LONGEST_BARB = 5;
/** Marks of a needle for each pixel of its length. */
const MARKS = 2;
/** Standard deviations, in pixels, of the softness of needles and of the rime around them. */
const SOFT = 0.5, RIME = 3;
/** Brightness of the bare pane, and how thick the ice of one mark is as part of a needle and of the rime. */
const PANE = 0.2, NEEDLE = 1.2, RIMED = 0.6;
/** Red, green and blue of what is brightest. */
const ICE = [0.85, 0.93, 1];

/** Feathers of ice, laid over the image: the weights of both. */
export const FROST: Corruption<"frost"> = corruption(
  "frost",
  [[1, 0.2], [1, 0.3], [0.9, 0.4], [0.85, 0.4], [0.75, 0.45]],
  ({ bytes, shape }, [kept, weight]: readonly [number, number], stream) => {
    const frost = crystals(shape, stream);
    return toBytes(Float64Array.from(
      bytes,
      (byte, i) => kept * (byte / 255) + weight * ICE[i % 3]! * frost[Math.floor(i / 3)]!,
    ));
  },
);

/** How bright each pixel of the frost is, up to 1. */
function crystals(shape: ImageShape, stream: Stream): Float64Array {
  const { height, width } = shape, one = { ...shape, channels: 1 };
  const marks = new Float64Array(height * width);
  for (let seed = Math.ceil(height * width / PIXELS_PER_SEED); seed > 0; seed--) {
    const y = height * stream.uniform(), x = width * stream.uniform();
    for (let i = 0; i < FEATHERS; i++) {
      const turn = stream.uniform();
      feather(marks, one, {
        y,
        x,
        turn,
        length: SHORTEST + (LONGEST - SHORTEST) * stream.uniform(),
      });
    }
  }
  const needles = gaussianBlur(marks, one, SOFT), rime = gaussianBlur(marks, one, RIME);
  return needles.map((mark, i) => {
    const ice = NEEDLE * mark + RIMED * rime[i]!;
    return PANE + (1 - PANE) * ice / (1 + ice); // the thicker, the nearer to 1
  });
}

/** A straight crystal from a root, in a direction in turns clockwise from the right; lengths in pixels. */
interface Needle {
  readonly y: number;
  readonly x: number;
  readonly turn: number;
  readonly length: number;
}

/** A needle with barbs on both sides, the shorter the nearer to the tip. */
function feather(marks: Float64Array, shape: ImageShape, stem: Needle): void {
  const { y, x, turn, length } = stem, along = direction(turn);
  needle(marks, shape, stem);
  for (let at = BETWEEN_BARBS; at < length; at += BETWEEN_BARBS) {
    const root = { y: y + at * along.y, x: x + at * along.x };
    const barb = Math.min(LONGEST_BARB, (length - at) / 2);
    for (const side of [-SIXTH, SIXTH]) {
      needle(marks, shape, { ...root, turn: turn + side, length: barb });
    }
  }
}

/** Marks that fade from 1 at the root, each shared among the four pixels around it. */
function needle(marks: Float64Array, shape: ImageShape, { y, x, turn, length }: Needle): void {
  const { height, width } = shape, along = direction(turn), count = Math.ceil(MARKS * length);
  for (let i = 0; i < count; i++) {
    const row = y + i / MARKS * along.y, column = x + i / MARKS * along.x;
    const top = Math.floor(row), left = Math.floor(column);
    for (const [r, c] of [[top, left], [top, left + 1], [top + 1, left], [top + 1, left + 1]]) {
      if (r! < 0 || r! >= height || c! < 0 || c! >= width) continue;
      const share = (1 - Math.abs(row - r!)) * (1 - Math.abs(column - c!));
      marks[r! * width + c!]! += (1 - i / count) * share;
    }
  }
}

function direction(turn: number): { readonly y: number; readonly x: number } {
  const sineCosine = new Float64Array(2);
  sinCosOfTurn(turn, sineCosine);
  return { y: sineCosine[0]!, x: sineCosine[1]! };
}
