/**
 * Edges of a grey image and how far each pixel is from the next of them, as OpenCV finds both.
 *
 * @module
 */
import type { ImageShape } from "../dataset.ts";
import { nearest } from "./filters.ts";

/** A gradient whose |y| is smaller than this share of its |x|, tan 22.5° of 2¹⁵, is horizontal. */
const HORIZONTAL = 13573;
/** Lengths of a step to the side, a diagonal one and a knight's move, in pixels. */
const STRAIGHT = 1, DIAGONAL = 1.4, KNIGHT = 2.1969;
/** Steps to pixels before one in its row or in those above, of which the pixels behind it have the opposite ones. */
const STEPS = [
  ...[[-2, -1, KNIGHT], [-2, 1, KNIGHT], [-1, -2, KNIGHT], [-1, 2, KNIGHT]] as const,
  ...[[-1, -1, DIAGONAL], [-1, 1, DIAGONAL], [-1, 0, STRAIGHT], [0, -1, STRAIGHT]] as const,
] as const;

/** How an image's brightness changes at each pixel. */
interface Gradient {
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** |x| + |y| */
  readonly size: Int32Array;
}

/**
 * Which pixels of `bytes`, of one channel, are edges by Canny's algorithm (IEEE PAMI-8, 1986): where the gradient is greatest
 * along itself and above `low`, and a chain of such pixels leads to one above `high`.
 */
export function canny(
  bytes: Uint8Array,
  shape: ImageShape,
  low: number,
  high: number,
): Uint8Array {
  const { height, width } = shape, gradient = sobel(bytes, shape);
  const candidates = new Uint8Array(bytes.length), edges = new Uint8Array(bytes.length);
  const chained: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    if (gradient.size[i]! <= low || !isRidge(gradient, shape, i)) continue;
    candidates[i] = 1;
    if (gradient.size[i]! <= high) continue;
    edges[i] = 1;
    chained.push(i);
  }
  for (let at; (at = chained.pop()) !== undefined;) {
    const row = Math.floor(at / width), column = at % width;
    for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
        const beside = y * width + x;
        if (candidates[beside] === 0 || edges[beside] === 1) continue;
        edges[beside] = 1;
        chained.push(beside);
      }
    }
  }
  return edges;
}

/** Sobel's differences over 3×3 pixels. */
function sobel(bytes: Uint8Array, { height, width }: ImageShape): Gradient {
  const { length } = bytes;
  const x = new Int32Array(length), y = new Int32Array(length), size = new Int32Array(length);
  for (let i = 0; i < bytes.length; i++) {
    const row = Math.floor(i / width), column = i % width;
    const at = (down: number, right: number) =>
      bytes[nearest(row + down, height) * width + nearest(column + right, width)]!;
    x[i] = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1);
    y[i] = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1);
    size[i] = Math.abs(x[i]!) + Math.abs(y[i]!);
  }
  return { x, y, size };
}

/** Whether the gradient at pixel `i` is greater than on both sides along its direction, of which there are four. */
function isRidge({ x, y, size }: Gradient, { height, width }: ImageShape, i: number): boolean {
  const row = Math.floor(i / width), column = i % width;
  /** It is 0 beyond the image. */
  const at = (down: number, right: number) => {
    const r = row + down, c = column + right;
    return r < 0 || r >= height || c < 0 || c >= width ? 0 : size[r * width + c]!;
  };
  const here = size[i]!, across = Math.abs(x[i]!) * HORIZONTAL, along = Math.abs(y[i]!) * 2 ** 15;
  if (along < across) return here > at(0, -1) && here >= at(0, 1);
  const vertical = across + Math.abs(x[i]!) * 2 ** 16; // tan 67.5° is 2 more
  if (along > vertical) return here > at(-1, 0) && here >= at(1, 0);
  const side = (x[i]! < 0) === (y[i]! < 0) ? 1 : -1;
  return here > at(-1, -side) && here > at(1, side);
}

/**
 * Distance of each pixel to the next that is one of `edges`, in pixels; infinite where there is none. It is that of Borgefors'
 * chamfer (CVGIP 34, 1986), of steps to 16 pixels around.
 */
export function distancesTo(edges: Uint8Array, { height, width }: ImageShape): Float64Array {
  const distances = Float64Array.from(edges, (edge) => edge === 1 ? 0 : Infinity);
  for (const sense of [1, -1] as const) {
    for (let n = 0; n < edges.length; n++) {
      const i = sense === 1 ? n : edges.length - 1 - n;
      const row = Math.floor(i / width), column = i % width;
      for (const [down, right, length] of STEPS) {
        const y = row + sense * down, x = column + sense * right;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        distances[i] = Math.min(distances[i]!, distances[y * width + x]! + length);
      }
    }
  }
  return distances;
}
