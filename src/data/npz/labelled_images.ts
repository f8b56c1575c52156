/**
 * The arrays `image` and `label` of a `.npz` file, as generated images are passed around.
 *
 * @module
 */
import { readWholeFile } from "../../disk/files.ts";
import { describeIoError, isAboutPlace } from "../../disk/failure.ts";
import { fileSize } from "../../disk/regular.ts";
import { type RunError, UsageError } from "../../errors.ts";
import type { NpyHeader } from "../../format/arrays/npy_header.ts";
import { type HeaderCheck, type NpyArray, readNpz } from "../../format/arrays/npz.ts";
import { quoted } from "../../format/quoted.ts";
import { type ImageShape, valuesPerImage } from "../dataset.ts";
import { interleave } from "../sets/binary_records.ts";
import type { LabelledImages } from "../sets/definition.ts";

/** Bytes of all images, and of the file. */
const MOST_BYTES = 2 ** 33;
/** What to do about more of them. */
const FEWER = "8 GiB are the most: take a smaller set, such as EDM's 1m.npz, or save fewer images";
/** Pixels along an edge. */
const SMALLEST = 8, LARGEST = 512;
/** A label is a byte. */
const MOST_CLASSES = 256;

/** What a file holds. */
export interface NpzImages extends LabelledImages {
  readonly shape: ImageShape;
}

/**
 * The images and labels of the file at `path`: `image`, bytes of [N,H,W,C] or [N,C,H,W] with C of 1 or 3, and `label`, N whole
 * numbers from 0 to 255.
 *
 * @throws {UsageError} naming `path` if it cannot be read, or holds something else
 */
export async function readNpzImages(path: string): Promise<NpzImages> {
  const source = `The file ${quoted(path)}`, bytes = await read(path, source);
  let layout: Layout | undefined, n = 0;
  const checks = new Map<string, HeaderCheck>([
    ["image", (header) => {
      layout = layoutOf(header);
      n = header.shape[0]!;
    }],
    ["label", (header) => checkLabels(header, n)],
  ]);
  const [image, label] = await readNpz(bytes, checks, source) as [NpyArray, NpyArray];
  const { shape, planes } = layout!;
  return {
    shape,
    images: planes ? channelsLast(image.bytes, n, shape) : image.bytes,
    labels: labelsOf(label, source),
  };
}

async function read(path: string, source: string): Promise<Uint8Array> {
  const bytes = await fileSize(path) ?? 0;
  if (bytes > MOST_BYTES) {
    throw new UsageError(`${source} has ${(bytes / 2 ** 30).toFixed(1)} GiB, and ${FEWER}.`);
  }
  try {
    return await readWholeFile(path);
  } catch (error) {
    if (isAboutPlace(error)) throw error;
    const why = describeIoError((error as RunError).cause);
    throw new UsageError(`${source} cannot be read: ${why}; name a .npz file.`, { cause: error });
  }
}

/** How the bytes of images lie. */
interface Layout {
  readonly shape: ImageShape;
  /** Whether an image is one plane for each channel. */
  readonly planes: boolean;
}

/** No image is one or three pixels wide: which axis has the channels is plain from the shape. */
function layoutOf({ kind, itemBytes, shape: [n, ...axes] }: NpyHeader): Layout {
  if (kind !== "u" || itemBytes !== 1) throw new TypeError("its elements are no bytes (uint8)");
  const [a = 0, b = 0, c = 0] = axes, isChannels = (size: number) => size === 1 || size === 3;
  const planes = isChannels(a);
  if (axes.length !== 3 || n === 0 || planes === isChannels(c)) {
    throw new TypeError(
      `its shape is [${[n, ...axes].slice(0, 8)}], not [N,H,W,C] or [N,C,H,W] with C of 1 or 3`,
    );
  }
  const [height, width, channels] = planes ? [b, c, a] : [a, b, c];
  if (Math.min(height, width) < SMALLEST || Math.max(height, width) > LARGEST) {
    throw new TypeError(`its images have ${height}×${width} pixels, not ${SMALLEST} to ${LARGEST}`);
  }
  const bytes = n! * height * width * channels;
  if (bytes > MOST_BYTES) {
    throw new TypeError(`its images take ${(bytes / 2 ** 30).toFixed(1)} GiB, and ${FEWER}`);
  }
  return { shape: { height, width, channels }, planes };
}

function checkLabels({ kind, shape: [n, ...more] }: NpyHeader, images: number): void {
  if (kind !== "i" && kind !== "u") throw new TypeError("its elements are no whole numbers");
  if (more.some((size) => size !== 1)) throw new TypeError("it has more than one label an image");
  if (n !== images) throw new TypeError(`it has ${n ?? 1} labels, and there are ${images} images`);
}

function labelsOf({ bytes, kind, itemBytes, bigEndian }: NpyArray, source: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = 8 * itemBytes, name = `get${bits > 32 ? "Big" : ""}${kind === "u" ? "Ui" : "I"}nt`;
  const read = view[`${name}${bits}` as "getBigInt64"];
  return Uint8Array.from({ length: bytes.length / itemBytes }, (_, image) => {
    const label = Number(read.call(view, image * itemBytes, !bigEndian));
    if (label >= 0 && label < MOST_CLASSES) return label;
    throw new UsageError(
      `${source} has label ${label} for image ${image}: labels go from 0 to ${MOST_CLASSES - 1}.`,
    );
  });
}

function channelsLast(planes: Uint8Array, n: number, shape: ImageShape): Uint8Array {
  const values = valuesPerImage(shape), images = new Uint8Array(planes.length);
  for (let at = 0; at < n * values; at += values) interleave(planes, at, images, at, shape);
  return images;
}
