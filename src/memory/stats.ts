/**
 * What a generation holds, in numbers.
 *
 * @module
 */
import { chunkBytes } from "./chunk.ts";
import { createCodec } from "./codec.ts";
import type { GenerationReader } from "./generation_reader.ts";
import { encodeManifest, type Manifest } from "./manifest.ts";

/** Examples read at a time. */
const BATCH = 256;

/** Numbers about one generation. */
export interface GenerationStats {
  readonly epoch: number;
  /** Whether its epoch had ended. */
  readonly complete: boolean;
  readonly examples: number;
  /** Examples over training indices, in [0,1]. */
  readonly coverage: number;
  /** Bytes of its chunks and manifest on disk. */
  readonly bytes: number;
  /** Mean of |δ| over all values, in 1/255; 0 without examples. */
  readonly meanAbsoluteDelta: number;
  /** Share of values with |δ| ≥ ε − ε/254, in [0,1]; 0 without examples. */
  readonly boundaryShare: number;
}

/** Reads every example of a generation, checksums included. */
export function measureGeneration(
  manifest: Manifest,
  reader: GenerationReader,
): GenerationStats {
  const codec = createCodec(manifest.codec, manifest.epsilon);
  const boundary = manifest.epsilon * (1 - 1 / 254);
  const images = reader.images();
  let sum = 0, atBoundary = 0, values = 0;
  for (let first = 0; first < images.length; first += BATCH) {
    const { deltas } = reader.read(images.subarray(first, first + BATCH));
    for (const delta of deltas) {
      const size = Math.abs(delta);
      sum += size;
      if (size >= boundary) atBoundary++;
    }
    values += deltas.length;
  }
  return {
    epoch: manifest.epoch,
    complete: manifest.complete,
    examples: images.length,
    coverage: manifest.images === 0 ? 0 : images.length / manifest.images,
    bytes: encodeManifest(manifest).length +
      manifest.chunks.reduce((sum, { records }) => sum + chunkBytes(codec, records), 0),
    meanAbsoluteDelta: values === 0 ? 0 : 255 * sum / values,
    boundaryShare: values === 0 ? 0 : atBoundary / values,
  };
}
