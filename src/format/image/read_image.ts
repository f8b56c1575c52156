/**
 * Image files, whatever they are called: PNG or JPEG by their first bytes.
 *
 * @module
 */
import type { Bitmap } from "./bitmap.ts";
import { decodeJpeg } from "./jpeg/decode.ts";
import { decodePng, isPng } from "./png_reader.ts";

/**
 * The picture in `bytes`, as Pillow's `convert("RGB")` has it: colours that are more than 8 bits lose their lower ones, alpha
 * and colour profiles are ignored. It is turned as its EXIF orientation says.
 *
 * @throws {TypeError} saying what is wrong with the file, as in "it ends early"
 */
export function decodeImage(bytes: Uint8Array): Bitmap {
  if (isPng(bytes)) return decodePng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes);
  throw new TypeError("it is neither a PNG nor a JPEG file");
}
