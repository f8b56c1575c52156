/**
 * Fewer pixels, and JPEG's losses.
 *
 * @module
 */
import { afterJpeg } from "../../format/image/jpeg/after_jpeg.ts";
import { resized } from "../../format/image/resize.ts";
import { type Corruption, corruption } from "./corruption.ts";

/** Brought to such a share of its size and back, by means of whole areas. */
export const PIXELATE: Corruption<"pixelate"> = corruption(
  "pixelate",
  [0.95, 0.9, 0.85, 0.75, 0.65],
  ({ bytes, shape: { height, width } }, share) => {
    const small = { width: Math.trunc(width * share), height: Math.trunc(height * share) };
    const rgb = resized({ width, height, rgb: Uint8Array.from(bytes) }, small, "box");
    return resized({ ...small, rgb }, { width, height }, "box");
  },
);

/** As a JPEG file of such a quality keeps it. */
export const JPEG_COMPRESSION: Corruption<"jpeg_compression"> = corruption(
  "jpeg_compression",
  [80, 65, 58, 50, 40],
  ({ bytes, shape: { height, width } }, quality) =>
    afterJpeg({ width, height, rgb: Uint8Array.from(bytes) }, quality).rgb,
);
