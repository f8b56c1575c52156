/**
 * Gaussian blur and linear enlargement, as SciPy's `ndimage` does them.
 *
 * @module
 */
import { exp } from "../../elementary/exp.ts";
import type { ImageShape } from "../dataset.ts";

/** Which pixel stands for one outside of the `n` of a row. */
export type Edge = (index: number, n: number) => number;

/** The outermost. */
export const nearest: Edge = (index, n) => Math.min(n - 1, Math.max(0, index));

/** The one that a mirror along the image's edge shows: the outermost comes twice. */
export const reflect: Edge = (index, n) => {
  const within = ((index % (2 * n)) + 2 * n) % (2 * n);
  return within < n ? within : 2 * n - 1 - within;
};

/** The one that a mirror in the outermost pixel shows. */
export const mirror: Edge = (index, n) => {
  if (n === 1) return 0;
  const period = 2 * n - 2, within = ((index % period) + period) % period;
  return within < n ? within : period - within;
};

/** Weights from the middle one to both sides, which sum to 1; `radius` of them on each. */
export function gaussianKernel(sigma: number, radius: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => {
    const x = i - radius;
    return radius === 0 ? 1 : exp(-0.5 / (sigma * sigma) * (x * x));
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** `values` blurred along columns, then along rows; the kernel ends after `truncate` standard deviations. */
export function gaussianBlur(
  values: Float64Array,
  shape: ImageShape,
  sigma: number,
  { edge = nearest, truncate = 4 }: { readonly edge?: Edge; readonly truncate?: number } = {},
): Float64Array {
  const kernel = gaussianKernel(sigma, Math.floor(truncate * sigma + 0.5));
  const { height, width, channels } = shape;
  const down = convolveLines(values, kernel, edge, height, width * channels, width * channels, 1);
  return convolveLines(down, kernel, edge, width, channels, height, width * channels, channels);
}

/**
 * Lines of `length` values `step` apart. There are `lines` of them, `lineStep` apart, and in each place `beside` next to one
 * another.
 */
function convolveLines(
  values: Float64Array,
  kernel: Float64Array,
  edge: Edge,
  length: number,
  step: number,
  lines: number,
  lineStep: number,
  beside = 1,
): Float64Array {
  const out = new Float64Array(values.length), radius = (kernel.length - 1) / 2;
  for (let line = 0; line < lines; line++) {
    for (let place = 0; place < beside; place++) {
      const first = line * lineStep + place;
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) {
          sum += kernel[k]! * values[first + edge(i + k - radius, length) * step]!;
        }
        out[first + i * step] = sum;
      }
    }
  }
  return out;
}

/** The value of each channel between the pixels around (`y`, `x`), written to `out` at `to`. */
export function sample(
  values: Float64Array,
  { height, width, channels }: ImageShape,
  y: number,
  x: number,
  edge: Edge,
  out: Float64Array,
  to: number,
): void {
  const top = Math.floor(y), left = Math.floor(x), fy = y - top, fx = x - left;
  const rows = [edge(top, height), edge(top + 1, height)] as const;
  const columns = [edge(left, width), edge(left + 1, width)] as const;
  for (let channel = 0; channel < channels; channel++) {
    const at = (row: number, column: number) =>
      values[(row * width + column) * channels + channel]!;
    out[to + channel] =
      (1 - fy) * ((1 - fx) * at(rows[0], columns[0]) + fx * at(rows[0], columns[1])) +
      fy * ((1 - fx) * at(rows[1], columns[0]) + fx * at(rows[1], columns[1]));
  }
}

/** The middle of an image `zoom` times as large, of the size of the image. */
export function zoomed(values: Float64Array, shape: ImageShape, zoom: number): Float64Array {
  const { height, width, channels } = shape, out = new Float64Array(values.length);
  const rows = cropped(height, zoom), columns = cropped(width, zoom);
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += channels) {
      sample(values, shape, rows(row), columns(column), nearest, out, to);
    }
  }
  return out;
}

/** Where the pixels of a side of `n` come from: of its middle, enlarged, the middle. */
function cropped(n: number, zoom: number): (index: number) => number {
  const kept = Math.ceil(n / zoom), first = Math.floor((n - kept) / 2);
  const large = halfToEven(kept * zoom), trimmed = Math.floor((large - n) / 2);
  const step = large > 1 ? (kept - 1) / (large - 1) : 0;
  return (index) => first + (index + trimmed) * step;
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const down = Math.floor(value), rest = value - down;
  return rest > 0.5 || rest === 0.5 && down % 2 === 1 ? down + 1 : down;
}
