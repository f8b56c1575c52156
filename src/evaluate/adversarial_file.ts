/**
 * Adversarial images on disk, for anyone to check.
 *
 * @module
 */
import { IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_VALUES } from "../data/dataset.ts";
import type { EvaluationSettings } from "./evaluate.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { encodeSafetensors, type SafeTensor } from "../format/safetensors.ts";
import type { EvaluationReport } from "./report.ts";

/**
 * Writes `x_adv` (float32 `[N,3,32,32]` in [0,1], PyTorch's layout; the clean image where none was found), `y` and
 * `ids` (int32 `[N]`) with what they belong to as metadata.
 *
 * @param adversarial `N · 3072` values, NHWC, in the order of `ids`
 * @throws {RunError} if the file cannot be written
 */
export async function saveAdversarial(
  path: string,
  adversarial: Float32Array,
  { ids, dataset }: EvaluationSettings,
  { checkpoint, attack, data, seed }: EvaluationReport,
): Promise<void> {
  const n = ids.length;
  const tensors = new Map<string, SafeTensor>([
    ["x_adv", {
      dtype: "F32",
      shape: [n, IMAGE_CHANNELS, IMAGE_SIZE, IMAGE_SIZE],
      data: channelsFirst(adversarial),
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
export function channelsFirst(images: Float32Array): Float32Array<ArrayBuffer> {
  const plane = IMAGE_SIZE * IMAGE_SIZE;
  return Float32Array.from(images, (_, i) => {
    const image = Math.floor(i / IMAGE_VALUES), channel = Math.floor(i % IMAGE_VALUES / plane);
    return images[image * IMAGE_VALUES + (i % plane) * IMAGE_CHANNELS + channel]!;
  });
}

/** NCHW to NHWC. */
export function channelsLast(images: Float32Array): Float32Array {
  const plane = IMAGE_SIZE * IMAGE_SIZE;
  return images.map((_, i) => {
    const image = Math.floor(i / IMAGE_VALUES), channel = i % IMAGE_CHANNELS;
    const pixel = Math.floor(i % IMAGE_VALUES / IMAGE_CHANNELS);
    return images[image * IMAGE_VALUES + channel * plane + pixel]!;
  });
}
