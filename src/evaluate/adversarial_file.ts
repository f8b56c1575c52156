/**
 * Adversarial images on disk, for anyone to check.
 *
 * @module
 */
import * as v from "valibot";
import type { AttackNorm } from "../attack/options.ts";
import { type Dataset, type ImageShape, valuesPerImage } from "../data/dataset.ts";
import { imagesDigest } from "../data/images_digest.ts";
import { readNamedFile, writeFileAtomically } from "../disk/files.ts";
import { UsageError } from "../errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  FOREIGN_HEADER_BYTES,
  type SafeTensor,
} from "../format/safetensors.ts";
import { positiveFlag } from "../recipe/flag.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { WEIGHTS_CHOICES, type WeightsChoice } from "../run/subject.ts";

/** The tensor that such a file is known by. */
export const IMAGES_TENSOR = "x_adv";

/** What the images belong to; all of it is text in the file. */
export interface AdversarialOrigin {
  readonly norm: AttackNorm;
  /** The radius in steps of a byte, e.g. `8/255`. */
  readonly epsilon: string;
  /** SHA-256 of the file whose weights were attacked. */
  readonly checkpoint: string;
  /** Which of its weights; absent where it holds no average of them. */
  readonly weights?: WeightsChoice;
  /** SHA-256 of the clean images, see {@linkcode imagesDigest}. */
  readonly images: string;
  readonly seed: string;
}

/**
 * Writes `x_adv` (float32 `[N,channels,height,width]` in [0,1], PyTorch's layout; the clean image where none was found), `y` and
 * `ids` (int32 `[N]`) with what they belong to as metadata.
 *
 * @param adversarial N images, NHWC, in the order of `ids`
 * @throws {RunError} if the file cannot be written
 */
export async function saveAdversarial(
  path: string,
  adversarial: Float32Array,
  ids: Uint32Array,
  dataset: Dataset,
  origin: AdversarialOrigin,
): Promise<void> {
  const n = ids.length, { height, width, channels } = dataset.shape;
  const tensors = new Map<string, SafeTensor>([
    [IMAGES_TENSOR, {
      dtype: "F32",
      shape: [n, channels, height, width],
      data: channelsFirst(adversarial, dataset.shape),
    }],
    ["y", {
      dtype: "I32",
      shape: [n],
      data: Int32Array.from(ids, (id) => dataset.labels[id]!),
    }],
    ["ids", { dtype: "I32", shape: [n], data: Int32Array.from(ids) }],
  ]);
  await writeFileAtomically(path, encodeSafetensors(tensors, { data: dataset.name, ...origin }));
}

/** What someone saved. */
export interface AdversarialImages {
  readonly norm: AttackNorm;
  /** The radius to hold them to. */
  readonly epsilon: number;
  /** SHA-256 of the file whose weights were attacked, where that is said. */
  readonly checkpoint?: string;
  /** Which of its weights, where that is said. */
  readonly weights?: WeightsChoice;
  /** Indices of N test images. */
  readonly ids: Uint32Array;
  /** N images, NHWC. */
  readonly images: Float32Array;
}

const metadataSchema = v.object({
  data: v.string(),
  norm: v.picklist(["linf", "l2"]),
  checkpoint: v.optional(v.string()),
  /** Whoever else makes such files may call something else so. */
  weights: v.fallback(v.optional(v.picklist(WEIGHTS_CHOICES)), undefined),
  /** Files of earlier versions have none. */
  images: v.optional(v.string()),
});
const radius = positiveFlag("epsilon", "");

/**
 * Reads images of `dataset` as {@linkcode saveAdversarial} writes them; `ids` and `y` may be PyTorch's integers (int64), and
 * `y` may be absent.
 *
 * @param asked the radius to hold them to, in the file's norm; the file's own unless given
 * @throws {UsageError} if the file is not such a file, or is about other images than `dataset` has
 * @throws {RunError} if it cannot be read
 */
export async function readAdversarial(
  path: string,
  dataset: Dataset,
  asked?: number,
): Promise<AdversarialImages> {
  const { tensors, metadata } = decodeSafetensors(
    await readNamedFile(path),
    path,
    FOREIGN_HEADER_BYTES,
  );
  const fail = (what: string): never => {
    throw new UsageError(`${path} does not hold images as --save-adv writes them: ${what}.`);
  };
  const images = tensors.get(IMAGES_TENSOR), ids = integersOf(tensors.get("ids"));
  if (images?.dtype !== "F32" || ids === undefined) {
    return fail("it needs x_adv (F32) and ids (I32 or I64)");
  }
  const n = ids.length;
  if (n === 0) return fail("it holds no images");
  const { height, width, channels } = dataset.shape;
  const shape = [n, channels, height, width];
  if (images.shape.join() !== shape.join()) {
    return fail(`x_adv is [${images.shape}], not [${shape}]`);
  }
  const foreign = ids.find((id) => id < 0 || id >= dataset.n);
  if (foreign !== undefined) return fail(`${dataset.name} has no test image ${foreign}`);
  const seen = new Set<number>();
  const twice = ids.find((id) => seen.has(id) || !seen.add(id));
  if (twice !== undefined) return fail(`image ${twice} comes twice`);
  const described = v.safeParse(metadataSchema, metadata);
  const epsilon = v.safeParse(radius.schema, radius.parse(metadata.epsilon ?? ""));
  if (!described.success || !epsilon.success) {
    return fail("its metadata lacks data, norm or epsilon");
  }
  const { data, norm, checkpoint, weights, images: sha256 } = described.output;
  if (data !== dataset.name) return fail(`its images are ${data}'s, not ${dataset.name}'s`);
  if (sha256 !== undefined && sha256 !== imagesDigest(dataset, Uint32Array.from(ids))) {
    throw new UsageError(
      `These are other test images than those ${path} was made of: say the --data-dir or --seed that those came from.`,
    );
  }
  if (tensors.has("y")) {
    const labels = integersOf(tensors.get("y"));
    if (labels?.length !== n) return fail(`y is not ${n} integers (I32 or I64)`);
    const wrong = labels.filter((label, i) => label !== dataset.labels[ids[i]!]).length;
    if (wrong > 0) {
      return fail(`${wrong} of its ${n} labels are not those of ${dataset.name}'s test images`);
    }
  }
  return {
    norm,
    epsilon: asked === undefined
      ? epsilon.output
      : resolveRecipe({ threat: { norm, epsilon: asked } }).threat.epsilon,
    ...checkpoint !== undefined && { checkpoint },
    ...weights && { weights },
    ids: Uint32Array.from(ids),
    images: channelsLast(images.data, dataset.shape),
  };
}

/** The integers of `tensor`, which PyTorch keeps in 64 bits unless told; undefined if it has none. */
function integersOf(tensor: SafeTensor | undefined): number[] | undefined {
  if (tensor?.shape.length !== 1) return undefined;
  return tensor.dtype === "I32" || tensor.dtype === "I64"
    ? Array.from<number | bigint, number>(tensor.data, Number)
    : undefined;
}

/** NHWC to NCHW. */
export function channelsFirst(
  images: Float32Array,
  shape: ImageShape,
): Float32Array<ArrayBuffer> {
  const { channels } = shape, values = valuesPerImage(shape), plane = values / channels;
  return Float32Array.from(images, (_, i) => {
    const image = Math.floor(i / values), channel = Math.floor(i % values / plane);
    return images[image * values + (i % plane) * channels + channel]!;
  });
}

/** NCHW to NHWC. */
export function channelsLast(images: Float32Array, shape: ImageShape): Float32Array {
  const { channels } = shape, values = valuesPerImage(shape), plane = values / channels;
  return images.map((_, i) => {
    const image = Math.floor(i / values), channel = i % channels;
    const pixel = Math.floor(i % values / channels);
    return images[image * values + channel * plane + pixel]!;
  });
}
