import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeImage } from "../../../src/format/image/read_image.ts";
import { squareOf } from "../../../src/format/image/resize.ts";
import { judgedTest } from "../../testing/judge.ts";

/** Writes images of every kind to a folder, what Pillow reads of each beside it, and the middle square at 32 by 32. */
const MAKE = `
import json, struct, sys, zlib
import numpy as np
from PIL import Image, ImageFilter, ImageOps
folder, draw, names = sys.argv[1], np.random.default_rng(1), []

def picture(width, height, blur):
    image = Image.fromarray(draw.integers(0, 256, (height, width, 3)).astype("u1"))
    return image.filter(ImageFilter.GaussianBlur(blur)) if blur else image

def keep(name):
    image = ImageOps.exif_transpose(Image.open(f"{folder}/{name}"))
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(int) >> 8).astype("u1")
        image = Image.fromarray(np.repeat(grey[..., None], 3, 2))
    image = image.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side)).resize((32, 32), Image.BILINEAR)
    open(f"{folder}/{name}.rgb", "wb").write(image.tobytes() + square.tobytes())
    names.append([name, image.width, image.height])

def save(name, image, **how):
    image.save(f"{folder}/{name}", **how)
    keep(name)

PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]

def png(name, width, height, depth, kind, samples, interlaced=False):
    rows = b""
    for left, top, right, down in PASSES if interlaced else [(0, 0, 1, 1)]:
        columns, count = -(-(width - left) // right), -(-(height - top) // down)
        for _ in range(count if columns > 0 else 0):
            rows += bytes([draw.integers(0, 5)]) + draw.bytes((columns * samples * depth + 7) // 8)
    part = lambda t, d: struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    open(f"{folder}/{name}", "wb").write(
        b"\\x89PNG\\r\\n\\x1a\\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
    keep(name)

for n, (width, height) in enumerate([(61, 37), (8, 8), (1, 1), (5, 3), (2, 40), (40, 2)]):
    image = picture(width, height, n % 2)
    for sampling in range(3):
        for progressive in (False, True):
            save(f"{n}-{sampling}-{progressive}.jpg", image, quality=85, subsampling=sampling, progressive=progressive)
    save(f"{n}-grey.jpg", image.convert("L"))
    save(f"{n}-cmyk.jpg", image.convert("CMYK"), subsampling=n % 3)
    inks = open(f"{folder}/{n}-cmyk.jpg", "rb").read()
    place = inks.index(b"Adobe") + 11
    open(f"{folder}/{n}-ycck.jpg", "wb").write(inks[:place] + b"\\2" + inks[place + 1:])
    keep(f"{n}-ycck.jpg")
    for sampling, other in [(1, 0x12), (2, 0x41)]: # 4:4:0 and 4:1:1, which Pillow does not write: the blocks stay in their order
        kind = bytearray(open(f"{folder}/{n}-{sampling}-False.jpg", "rb").read())
        frame = kind.index(b"\\xff\\xc0")
        kind[frame + 11] = other
        kind[frame + 5:frame + 9] = struct.pack(">HH", *((width, height) if sampling == 1 else ((height + 1) // 2, 2 * width)))
        open(f"{folder}/{n}-{other:x}.jpg", "wb").write(kind)
        keep(f"{n}-{other:x}.jpg")
    save(f"{n}-restart.jpg", image, restart_marker_blocks=2, subsampling=2)
    save(f"{n}-rgb.jpg", image, keep_rgb=True)
    turned = Image.Exif()
    turned[0x112] = n + 3
    save(f"{n}-turned.jpg", image, exif=turned)
    save(f"{n}-turned.png", image, exif=turned)
    for mode in ("L", "LA", "RGB", "RGBA", "P", "1"):
        save(f"{n}-{mode}.png", image.convert(mode))
    for bits in (2, 4):
        few = image.convert("P", palette=Image.ADAPTIVE, colors=2 ** bits)
        save(f"{n}-palette{bits}.png", few, bits=bits)
    for depth, kind, samples in [(2, 0, 1), (4, 0, 1), (16, 0, 1), (16, 2, 3), (16, 4, 2), (16, 6, 4)]:
        png(f"{n}-{depth}-{kind}.png", width, height, depth, kind, samples)
        png(f"{n}-{depth}-{kind}-interlaced.png", width, height, depth, kind, samples, interlaced=True)
    png(f"{n}-1-0-interlaced.png", width, height, 1, 0, 1, interlaced=True)
    png(f"{n}-8-2-interlaced.png", width, height, 8, 2, 3, interlaced=True)
print(json.dumps(names))
`;

judgedTest(
  "decodeImage() and squareOf() return what Pillow returns, to the byte",
  ["PIL", "numpy"],
  async (judge) => {
    const folder = await Deno.makeTempDir();
    const images: [string, number, number][] = JSON.parse(await judge(MAKE, folder));
    assert.equal(images.length, 6 * 37);
    for (const [name, width, height] of images) {
      const found = decodeImage(await Deno.readFile(join(folder, name)));
      const expected = await Deno.readFile(join(folder, `${name}.rgb`));
      assert.deepEqual([found.width, found.height], [width, height], name);
      const bytes = width * height * 3;
      assert.deepEqual(found.rgb, expected.slice(0, bytes), name);
      assert.deepEqual(squareOf(found, 32), expected.slice(bytes), `${name} resized`);
    }
    await Deno.remove(folder, { recursive: true });
  },
);
