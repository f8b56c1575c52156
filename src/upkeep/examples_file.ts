/**
 * Memory examples as safetensors: `x_mem` (float32 `[N,channels,height,width]` in [0,1], PyTorch's layout), `ids` and `y` (int32 `[N]`),
 * `views` (int32 `[N,3]`: crop top and left in the image padded by 4, flip), and what they belong to as metadata.
 *
 * @module
 */
import * as v from "valibot";
import { IDENTITY_VIEW, LARGEST_CROP_PADDING, type View } from "../data/augmentation.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import { readNamedFile, writeFileAtomically } from "../disk/files.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  FOREIGN_HEADER_BYTES,
  type SafeTensor,
} from "../format/safetensors.ts";
import { channelsFirst, channelsLast } from "../evaluate/adversarial_file.ts";

/** The tensor that such a file is known by. */
export const EXAMPLES_TENSOR = "x_mem";

/** Examples of N training images. */
export interface MemoryExamples {
  readonly ids: Uint32Array;
  /** The view of each image under which its example lies beside it. */
  readonly views: readonly View[];
  /** N images with values in [0,1], NHWC. */
  readonly images: Float32Array;
}

/** Examples as a file has them. */
export interface ReadExamples extends MemoryExamples {
  /** The epoch that made them, as the file says it; absent where it does not. */
  readonly epoch?: string;
}

/** Writes `examples` of `dataset` to `path`. Throws a `RunError` if that fails. */
export async function writeMemoryFile(
  path: string,
  { ids, views, images }: MemoryExamples,
  dataset: Dataset,
  metadata: Record<string, string>,
): Promise<void> {
  const n = ids.length;
  const words = (shape: number[], data: Int32Array<ArrayBuffer>): SafeTensor => ({
    dtype: "I32",
    shape,
    data,
  });
  const { height, width, channels } = dataset.shape;
  const shape = [n, channels, height, width];
  const placed = views.flatMap(({ top, left, flip }) => [top, left, flip ? 1 : 0]);
  const tensors = new Map<string, SafeTensor>([
    [EXAMPLES_TENSOR, { dtype: "F32", shape, data: channelsFirst(images, dataset.shape) }],
    ["y", words([n], Int32Array.from(ids, (id) => dataset.labels[id]!))],
    ["ids", words([n], Int32Array.from(ids))],
    ["views", words([n, 3], Int32Array.from(placed))],
  ]);
  await writeFileAtomically(path, encodeSafetensors(tensors, { data: dataset.name, ...metadata }));
}

const viewSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(2 * LARGEST_CROP_PADDING));

/**
 * Reads examples of `dataset` from `path`. Without `views` they lie beside the images as they are.
 *
 * @throws {RunError} if the file cannot be read
 * @throws {UsageError} if it is not such a file, an image comes twice, or a value is outside [0,1]
 */
export async function readMemoryFile(path: string, dataset: Dataset): Promise<ReadExamples> {
  const { tensors, metadata } = decodeSafetensors(
    await readNamedFile(path),
    path,
    FOREIGN_HEADER_BYTES,
  );
  const fail = (what: string): never => {
    throw new UsageError(`${path} does not hold memory examples as memloss exports them: ${what}.`);
  };
  const images = tensors.get(EXAMPLES_TENSOR),
    ids = tensors.get("ids"),
    views = tensors.get("views");
  if (images?.dtype !== "F32" || ids?.dtype !== "I32") return fail("it needs x_mem and ids");
  const n = ids.data.length;
  const { height, width, channels } = dataset.shape;
  const shape = [n, channels, height, width];
  if (n === 0 || images.shape.join() !== shape.join()) {
    return fail(`x_mem is [${images.shape}], not [${shape}]`);
  }
  if ((metadata.data ?? dataset.name) !== dataset.name) {
    return fail(`its images are ${metadata.data}'s, not ${dataset.name}'s`);
  }
  const foreign = ids.data.find((id) => id < 0 || id >= dataset.n);
  if (foreign !== undefined) return fail(`${dataset.name} has no training image ${foreign}`);
  if (new Set(ids.data).size < n) return fail("an image comes twice");
  // A comparison that NaN fails.
  const outside = images.data.findIndex((value) => !(value >= 0 && value <= 1));
  if (outside >= 0) {
    return fail(
      `image ${ids.data[Math.floor(outside / valuesPerImage(dataset.shape))]} leaves [0,1]`,
    );
  }
  return {
    ids: Uint32Array.from(ids.data),
    views: views === undefined
      ? Array.from(ids.data, () => IDENTITY_VIEW)
      : readViews(views, n) ?? fail("views is not [N,3] with offsets in 0..8 and a flip of 0 or 1"),
    images: channelsLast(images.data, dataset.shape),
    ...metadata.epoch !== undefined && { epoch: metadata.epoch },
  };
}

function readViews({ dtype, shape, data }: SafeTensor, n: number): View[] | undefined {
  if (dtype !== "I32" || shape.join() !== `${n},3`) return undefined;
  const views = Array.from({ length: n }, (_, row) => {
    const [top, left, flip] = data.subarray(3 * row, 3 * row + 3);
    return { top: top!, left: left!, flip: flip === 1, valid: flip === 0 || flip === 1 };
  });
  const valid = views.every(({ top, left, valid }) =>
    valid && v.is(viewSchema, top) && v.is(viewSchema, left)
  );
  return valid ? views.map(({ top, left, flip }) => ({ top, left, flip })) : undefined;
}
