/**
 * Clouds by the diamond-square algorithm, on a torus.
 *
 * @module
 */
import type { Stream } from "../../random/stream.ts";
import type { ImageShape } from "../dataset.ts";

/** A draw of the first round may be so far from 0. */
const AMPLITUDE = 100;

/**
 * A value for each pixel, the first of a square whose side is a power of two and whose values go from 0 to 1.
 *
 * @param decay by which a round's draws are smaller than those of the round before, whose distance is twice as large; squared
 */
export function plasma({ height, width }: ImageShape, decay: number, stream: Stream): Float64Array {
  let size = 1;
  while (size < Math.max(height, width)) size *= 2;
  const map = new Float64Array(size * size);
  let wibble = AMPLITUDE;
  const at = (row: number, column: number) => map[(row % size) * size + column % size]!;
  for (let step = size; step >= 2; step /= 2, wibble /= decay) {
    const half = step / 2;
    /** Sets every place of a grid to the mean of four and a draw. */
    const fill = (
      [top, left]: readonly [number, number],
      around: (row: number, column: number) => number,
    ) => {
      for (let row = top; row < size; row += step) {
        for (let column = left; column < size; column += step) {
          const draw = wibble * (2 * stream.uniform() - 1);
          map[row * size + column] = around(row, column) / 4 + wibble * draw;
        }
      }
    };
    const cross = (row: number, column: number) =>
      at(row + size - half, column) + at(row + half, column) +
      at(row, column + size - half) + at(row, column + half);
    fill(
      [half, half],
      (row, column) =>
        at(row - half, column - half) + at(row + half, column - half) +
        at(row - half, column + half) + at(row + half, column + half),
    );
    fill([0, half], cross);
    fill([half, 0], cross);
  }
  const least = map.reduce((a, b) => Math.min(a, b)), most = map.reduce((a, b) => Math.max(a, b));
  return Float64Array.from(
    { length: height * width },
    (_, i) => (at(Math.floor(i / width), i % width) - least) / (most - least),
  );
}
