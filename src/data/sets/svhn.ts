/**
 * SVHN, the house numbers cut into digits, in MATLAB's files.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { readMat } from "../../format/arrays/mat.ts";
import { type ImageShape, valuesPerImage } from "../dataset.ts";
import type { LabelledImages, PublishedSet } from "./definition.ts";

const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const shape = { height: 32, width: 32, channels: 3 };
const [TRAIN, TEST] = ["train_32x32.mat", "test_32x32.mat"] as const;
const ADDRESS = "http://ufldl.stanford.edu/housenumbers";

/** Format 2 of its authors: `X` of [32,32,3,N] bytes, and `y` of N digits with 10 for 0. */
export const SVHN: PublishedSet<"svhn"> = {
  name: "svhn",
  title: "SVHN",
  classes,
  shape,
  mirrors: false, // a digit in a mirror is none
  source: {
    folder: "svhn",
    files: [{
      url: `${ADDRESS}/${TRAIN}`,
      bytes: 182_040_794,
      sha256: "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
    }, {
      url: `${ADDRESS}/${TEST}`,
      bytes: 64_275_384,
      sha256: "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
    }],
  },
  splits: {
    train: { files: [TRAIN], images: 73_257 },
    test: { files: [TEST], images: 26_032 },
  },
  decode,
};

async function decode(bytes: Uint8Array<ArrayBuffer>, path: string): Promise<LabelledImages> {
  const source = `The data file "${path}"`;
  const refuse = (what: string): never => {
    throw new UsageError(`${source} ${what}; fetch it again.`);
  };
  const arrays = await readMat(bytes, ["X", "y"], source);
  const { shape: size, values: planes } = arrays.get("X")!, { values: digits } = arrays.get("y")!;
  const { height, width, channels } = shape, [rows, columns, depth, n = 1, ...more] = size;
  if (rows !== height || columns !== width || depth !== channels || more.length > 0 || n === 0) {
    refuse(`has images X of [${size}], not [${height},${width},${channels},N]`);
  }
  if (!(planes instanceof Uint8Array)) refuse("has images X of numbers that are no bytes");
  if (digits.length !== n) refuse(`has ${n} images and ${digits.length} labels y`);
  const labels = new Uint8Array(n);
  for (const [image, digit] of digits.entries()) {
    if (!Number.isInteger(digit) || digit < 1 || digit > classes.length) {
      refuse(`has label ${digit} for image ${image}, but labels y go from 1 to 10, which is 0`);
    }
    labels[image] = digit % classes.length;
  }
  return { images: rowMajor(planes as Uint8Array, n, shape), labels };
}

/** `n` images whose first index is the row, then the column, then the channel, as NHWC. */
function rowMajor(
  values: Uint8Array,
  n: number,
  { height, width, channels }: ImageShape,
): Uint8Array {
  const size = valuesPerImage({ height, width, channels }), images = new Uint8Array(n * size);
  for (let image = 0, to = 0; image < n; image++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const from = image * size + row + height * column;
        for (let channel = 0; channel < channels; channel++, to++) {
          images[to] = values[from + height * width * channel]!;
        }
      }
    }
  }
  return images;
}
