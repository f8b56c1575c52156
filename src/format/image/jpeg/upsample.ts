/**
 * Colours that a JPEG file holds at half the size, at full size: libjpeg's "fancy upsampling", three quarters of the nearer
 * sample and a quarter of the other.
 *
 * @module
 */
import type { Frame } from "./frame.ts";
import type { Plane } from "./inverse_dct.ts";

/**
 * The samples of `plane` for every pixel of the image, row by row.
 *
 * @param across samples of the component in a group
 * @param down as `across`
 * @throws {TypeError} if the size is not a whole fraction of the image's
 */
export function fullSize(
  plane: Plane,
  across: number,
  down: number,
  { width, height, groupAcross, groupDown }: Pick<
    Frame,
    "width" | "height" | "groupAcross" | "groupDown"
  >,
): Uint8Array {
  const x = groupAcross / across, y = groupDown / down;
  if (!Number.isInteger(x) || !Number.isInteger(y)) {
    throw new TypeError("its colours have sizes that do not divide one another");
  }
  const out = new Uint8Array(width * height);
  const smooth = x === 2 && y <= 2 && plane.width > 2;
  const mixed = new Int32Array(plane.width);
  for (let row = 0; row < height; row++) {
    const line = out.subarray(row * width, (row + 1) * width);
    if (y === 2 && (smooth || x === 1)) {
      mixRows(plane, row, mixed);
      if (x === 2) spread(mixed, line, 4);
      else for (let i = 0; i < width; i++) line[i] = (mixed[i]! + 1 + (row & 1)) >> 2;
      continue;
    }
    const from = Math.floor(row / y) * plane.stride;
    const samples = plane.samples.subarray(from, from + plane.width);
    if (smooth) spread(samples, line, 1);
    else if (x === 1) line.set(samples);
    else for (let i = 0; i < width; i++) line[i] = samples[Math.floor(i / x)]!;
  }
  return out;
}

/** Three times the nearer row and the one beyond the pixels' row; at the edges the same row twice. */
function mixRows({ samples, stride, height }: Plane, row: number, out: Int32Array): void {
  const near = row >> 1;
  const other = Math.min(height - 1, Math.max(0, near + ((row & 1) === 0 ? -1 : 1)));
  for (let i = 0; i < out.length; i++) {
    out[i] = 3 * samples[near * stride + i]! + samples[other * stride + i]!;
  }
}

/** Two pixels for each of `values`, which are `scale` times a sample: rounded up on one side and down on the other. */
function spread(values: Int32Array | Uint8Array, out: Uint8Array, scale: 1 | 4): void {
  const last = values.length - 1, shift = scale === 1 ? 2 : 4;
  const toLeft = scale === 1 ? 1 : 8, toRight = scale === 1 ? 2 : 7;
  for (let i = 0; i <= last; i++) {
    const value = values[i]!;
    const left = values[i === 0 ? 0 : i - 1]!, right = values[i === last ? last : i + 1]!;
    out[2 * i] = (3 * value + left + toLeft) >> shift;
    if (2 * i + 1 < out.length) out[2 * i + 1] = (3 * value + right + toRight) >> shift;
  }
}
