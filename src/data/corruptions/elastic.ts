/**
 * Images that are pulled about.
 *
 * @module
 */
import type { Stream } from "../../random/stream.ts";
import { type Corruption, corruption, type Original, toBytes, unitValues } from "./corruption.ts";
import { gaussianBlur, mirror, reflect, sample } from "./filters.ts";

/** Shares of the smaller side: how far pixels are moved, over what distance alike, and how far corners are. */
type Level = readonly [move: number, sigma: number, corner: number];

/** Three corners of a square in the middle are moved, and the image with them; then every pixel by smoothed noise. */
export const ELASTIC_TRANSFORM: Corruption<"elastic_transform"> = corruption(
  "elastic_transform",
  [[0, 0, 0.08], [0.05, 0.2, 0.07], [0.08, 0.06, 0.06], [0.1, 0.04, 0.05], [0.1, 0.03, 0.03]],
  (image, level: Level, stream) => {
    const { bytes, shape } = image, { height, width } = shape;
    const side = Math.min(height, width), [move, sigma, corner] = level.map((each) => side * each);
    const turned = affine(image, corner!, stream);
    const field = () => {
      const noise = Float64Array.from({ length: height * width }, () => 2 * stream.uniform() - 1);
      const how = { edge: reflect, truncate: 3 };
      return gaussianBlur(noise, { ...shape, channels: 1 }, sigma!, how);
    };
    const right = field(), down = field(), out = new Float64Array(bytes.length);
    for (let row = 0, pixel = 0; row < height; row++) {
      for (let column = 0; column < width; column++, pixel++) {
        const y = row + move! * down[pixel]!, x = column + move! * right[pixel]!;
        sample(turned, shape, y, x, reflect, out, 3 * pixel);
      }
    }
    return toBytes(out);
  },
);

/** The image by the affine map that moves three corners of a square by up to `most` along each axis. */
function affine({ bytes, shape }: Original, most: number, stream: Stream): Float64Array {
  const { height, width } = shape, third = Math.floor(Math.min(height, width) / 3);
  const middle = [Math.floor(width / 2), Math.floor(height / 2)] as const;
  const corners = [[1, 1], [1, -1], [-1, -1]].map(([a, b]) =>
    [middle[0] + third * a!, middle[1] + third * b!] as const
  );
  const [p, q, r] = corners.map(([a, b]) => [
    a + most * (2 * stream.uniform() - 1),
    b + most * (2 * stream.uniform() - 1),
  ]) as [number[], number[], number[]];
  // From where a pixel is to where it was: in multiples of two sides of the square.
  const [ux, uy] = [p[0]! - q[0]!, p[1]! - q[1]!], [vx, vy] = [q[0]! - r[0]!, q[1]! - r[1]!];
  const area = ux * vy - uy * vx;
  const values = unitValues(bytes), out = new Float64Array(values.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const dx = x - q[0]!, dy = y - q[1]!;
      const u = (dx * vy - dy * vx) / area, v = (ux * dy - uy * dx) / area;
      const [cx, cy] = corners[1]!;
      sample(values, shape, cy + 2 * third * u, cx + 2 * third * v, mirror, out, to);
    }
  }
  return out;
}
