/**
 * How a photo has to be turned: cameras write the sensor's rows and say which way was up.
 *
 * @module
 */
import type { Bitmap } from "./bitmap.ts";

/** The tag of the orientation. */
const ORIENTATION = 0x0112;

/** The orientation that EXIF data (a TIFF header and what follows it) say, 1 to 8; 1, upright, where they say none. */
export function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return 1;
  const order = view.getUint16(0), little = order === 0x4949;
  if (!little && order !== 0x4d4d) return 1;
  const first = view.getUint32(4, little);
  if (first + 2 > tiff.length) return 1;
  const entries = view.getUint16(first, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = first + 2 + 12 * entry;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** `bitmap` as it is to be seen. */
export function turned(bitmap: Bitmap, orientation: number): Bitmap {
  if (orientation === 1) return bitmap;
  const { width, height, rgb } = bitmap;
  const across = orientation >= 5; // rows become columns
  const mirrored = [2, 3, 7, 8].includes(orientation),
    upsideDown = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(rgb.length);
  const [columns, rows] = across ? [height, width] : [width, height];
  for (let row = 0, to = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = across ? [row, column] : [column, row];
      const from = 3 * ((upsideDown ? height - 1 - y : y) * width + (mirrored ? width - 1 - x : x));
      for (let colour = 0; colour < 3; colour++) out[to++] = rgb[from + colour]!;
    }
  }
  return { width: columns, height: rows, rgb: out };
}
