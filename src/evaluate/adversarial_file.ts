/**
 * Adversarial images on disk, for anyone to check.
 *
 * @module
 */
import { type ImageShape, valuesPerImage } from "../data/dataset.ts";
import type { EvaluationSettings } from "./evaluate.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { encodeSafetensors, type SafeTensor } from "../format/safetensors.ts";
import type { EvaluationReport } from "./report.ts";

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
  { ids, dataset }: EvaluationSettings,
  { checkpoint, attack, data, seed }: EvaluationReport,
): Promise<void> {
  const n = ids.length, { height, width, channels } = dataset.shape;
  const tensors = new Map<string, SafeTensor>([
    ["x_adv", {
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
  const metadata = {
    data: data.name,
    norm: attack.norm,
    epsilon: attack.fraction,
    checkpoint: checkpoint.sha256,
    seed: String(seed),
  };
  await writeFileAtomically(path, encodeSafetensors(tensors, metadata));
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
