/**
 * What other projects normalise images by within their networks: a mean and a standard deviation for each channel.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import type { SafeTensor } from "../../format/safetensors.ts";
import { asFloat32 } from "../float_types.ts";

/** The ends of their names, and what the other of the two is called then. */
const PAIRS: readonly (readonly [mean: RegExp, std: string])[] = [
  [/(?<=(?:^|[._]))mean$/, "std"],
  [/(?<=(?:^|[._]))mu$/, "sigma"],
];

/** A normalisation as it is kept here: float32, `[channels]` both. */
export interface Normalisation {
  readonly mean: SafeTensor;
  readonly std: SafeTensor;
  /** The names that it has in the file; several of the same values, if it is there more than once. */
  readonly names: readonly string[];
}

/**
 * The normalisation of images of so many channels among `tensors`; undefined if there is none.
 *
 * @throws {UsageError} naming `source` if there are two that differ, or it is one of images that are not in [0,1]
 */
export function findNormalisation(
  tensors: ReadonlyMap<string, SafeTensor>,
  channels: number,
  source: string,
): Normalisation | undefined {
  let found: Normalisation | undefined;
  for (const [name, tensor] of tensors) {
    for (const [pattern, end] of PAIRS) {
      const other = pattern.test(name) ? name.replace(pattern, end) : undefined;
      const mean = perChannel(tensor, channels);
      const std = other === undefined ? undefined : perChannel(tensors.get(other), channels);
      if (mean === undefined || std === undefined) continue;
      const names = [...found?.names ?? [], name, other!];
      if (
        found && (`${found.mean.data}` !== `${mean.data}` || `${found.std.data}` !== `${std.data}`)
      ) {
        throw new UsageError(
          `${source} normalises its images by ${quoted(found.names[0]!)} and otherwise by ${
            quoted(name)
          }: leave out the one that it does not use.`,
        );
      }
      found = { mean, std, names };
    }
  }
  const strange = found && [...found.mean.data].find((value) => value < 0 || value > 1);
  if (strange === undefined) return found;
  throw new UsageError(
    `${source} normalises its images by a mean of ${strange}, which is none of images in [0,1]: where it is one of 0 to 255, ` +
      "divide mean and std by 255.",
  );
}

/** `tensor` as one float32 for each channel, if it is that or one for all. */
function perChannel(tensor: SafeTensor | undefined, channels: number): SafeTensor | undefined {
  const lengths = tensor?.shape.filter((length) => length !== 1) ?? [2];
  const isOne = lengths.length === 0, isEach = lengths.length === 1 && lengths[0] === channels;
  if (!isOne && !isEach) return undefined;
  const { dtype, data } = asFloat32(tensor!);
  if (dtype !== "F32") return undefined;
  return {
    dtype,
    shape: [channels],
    data: isOne ? new Float32Array(channels).fill(data[0]!) : data,
  };
}
