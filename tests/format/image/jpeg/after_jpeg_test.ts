import assert from "node:assert/strict";
import { join } from "@std/path";
import { afterJpeg } from "../../../../src/format/image/jpeg/after_jpeg.ts";
import { Purpose, Stream } from "../../../../src/random/stream.ts";
import { judgedTest } from "../../../testing/judge.ts";

/** Writes beside each picture, named by its width, height and quality, what Pillow makes of it. */
const SAVE = `
import io, os, sys
import numpy as np
from PIL import Image
folder = sys.argv[1]
for name in os.listdir(folder):
    width, height, quality = map(int, name.split("-"))
    image = np.fromfile(f"{folder}/{name}", "u1").reshape(height, width, 3)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    np.asarray(Image.open(file)).tofile(f"{folder}/{name}-saved")
`;

/** Sides that are a multiple of 16, of 8, of 2, and of nothing. */
const SIDES = [1, 15, 16, 18, 24, 40];

judgedTest(
  "afterJpeg() makes the bytes that Pillow makes of pictures of every height and width",
  ["PIL", "numpy"],
  async (judge) => {
    const folder = await Deno.makeTempDir(), stream = new Stream(5, Purpose.synthetic);
    try {
      const pictures = SIDES.flatMap((width) =>
        SIDES.flatMap((height) => {
          const rgb = Uint8Array.from({ length: 3 * width * height }, () => stream.integer(256));
          return [10, 50, 95].map((quality) => ({ width, height, rgb, quality }));
        })
      );
      const place = ({ width, height, quality }: typeof pictures[number]) =>
        join(folder, `${width}-${height}-${quality}`);
      for (const each of pictures) await Deno.writeFile(place(each), each.rgb);
      await judge(SAVE, folder);
      for (const { quality, ...picture } of pictures) {
        const path = `${place({ quality, ...picture })}-saved`;
        assert.deepEqual(afterJpeg(picture, quality).rgb, await Deno.readFile(path), path);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
