/**
 * What a picture looks like after it was saved as a JPEG file and read again, as Pillow does both: colours at half the size,
 * the standard's tables scaled to a quality. No file is written: what a file holds is packed without loss.
 *
 * @module
 */
import type { Bitmap } from "../bitmap.ts";
import { mixColours } from "./colour.ts";
import { forwardTransform } from "./forward_dct.ts";
import type { Component } from "./frame.ts";
import { planeOf } from "./inverse_dct.ts";
import { fullSize } from "./upsample.ts";

/** ITU-T T.81, tables K.1 and K.2: of luminance and of colours, in rows. */
const TABLES = [
  [
    ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
    ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
    ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
    ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
  ],
  [
    ...[17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99],
    ...[24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99],
    ...new Array<number>(32).fill(99),
  ],
];

/** The picture after it. `quality` is from 1 to 100. */
export function afterJpeg({ width, height, rgb }: Bitmap, quality: number): Bitmap {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const tables = TABLES.map((table) =>
    Int32Array.from(
      table,
      (value) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))),
    )
  );
  const frame = { width, height, groupAcross: 2, groupDown: 2 };
  const planes = ycc({ width, height, rgb }).map((samples, i) => {
    const across = i === 0 ? 2 : 1, table = tables[Math.min(i, 1)]!;
    const ready = i === 0 ? samples : halved(samples, Math.ceil(height / 2));
    const component = componentOf(ready, across, frame, table);
    return fullSize(planeOf(component, table), across, across, frame);
  });
  return { width, height, rgb: mixColours("ycc", planes) };
}

/** Samples of whole groups of 16×16 pixels. */
interface Samples {
  readonly stride: number;
  readonly values: Uint8Array;
}

/** Luminance and two differences of colour in libjpeg's integers; the last row and column fill up the groups. */
function ycc({ width, height, rgb }: Bitmap): Samples[] {
  const stride = 16 * Math.ceil(width / 16), rows = 16 * Math.ceil(height / 16);
  const [y, cb, cr] = Array.from({ length: 3 }, () => new Uint8Array(stride * rows)) as [
    ...[Uint8Array, Uint8Array, Uint8Array],
  ];
  const HALF = 1 << 15, MIDDLE = (128 << 16) + HALF - 1;
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < stride; column++, to++) {
      const at = 3 * (Math.min(row, height - 1) * width + Math.min(column, width - 1));
      const red = rgb[at]!, green = rgb[at + 1]!, blue = rgb[at + 2]!;
      y[to] = (19595 * red + 38470 * green + 7471 * blue + HALF) >> 16;
      cb[to] = (-11059 * red - 21709 * green + 32768 * blue + MIDDLE) >> 16;
      cr[to] = (32768 * red - 27439 * green - 5329 * blue + MIDDLE) >> 16;
    }
  }
  return [y, cb, cr].map((values) => ({ stride, values }));
}

/**
 * The means of two by two samples, rounded down and up in turns along a row. Of these rows the last of `rows` fills up the
 * groups: pixels that were repeated, with others beside them, would have other means.
 */
function halved({ stride, values }: Samples, rows: number): Samples {
  const half = stride / 2, out = new Uint8Array(values.length / 4);
  for (let to = 0; to < out.length; to++) {
    const column = to % half, at = 2 * ((to - column) / half * stride + column);
    const sum = values[at]! + values[at + 1]! + values[at + stride]! + values[at + stride + 1]!;
    out[to] = (sum + 1 + (column & 1)) >> 2;
  }
  const last = out.slice((rows - 1) * half, rows * half);
  for (let to = rows * half; to < out.length; to += half) out.set(last, to);
  return { stride: half, values: out };
}

/** The component with its coefficients in units of `table`. */
function componentOf(
  { stride, values }: Samples,
  across: number,
  { width, height }: Pick<Bitmap, "width" | "height">,
  table: Int32Array,
): Component {
  const blocksAcross = stride / 8, blocksDown = values.length / stride / 8;
  const coefficients = new Int16Array(values.length), block = new Int32Array(64);
  for (let number = 0; number < blocksAcross * blocksDown; number++) {
    const column = number % blocksAcross, row = (number - column) / blocksAcross;
    const from = 8 * (row * stride + column);
    for (let i = 0; i < 64; i++) block[i] = values[from + (i >> 3) * stride + (i & 7)]! - 128;
    forwardTransform(block);
    for (let i = 0; i < 64; i++) {
      const unit = 8 * table[i]!, size = Math.floor((Math.abs(block[i]!) + (unit >> 1)) / unit);
      coefficients[64 * number + i] = block[i]! < 0 ? -size : size;
    }
  }
  return {
    ...{ id: 0, across, down: across, table: 0, blocksAcross, blocksDown, coefficients },
    width: Math.ceil(width * across / 2),
    height: Math.ceil(height * across / 2),
  };
}
