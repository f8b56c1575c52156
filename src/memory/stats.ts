/**
 * What a memory holds, in numbers.
 *
 * @module
 */
import { chunkBytes } from "./chunk/chunk.ts";
import { codecOf, encodeManifest, type Manifest } from "./generation/manifest.ts";
import type { MemoryStore } from "./store.ts";

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

/** Images whose newest example is `age` epochs old. */
export interface AgeCount {
  /** Epochs since the newest generation's: 0 is an example of that one. */
  readonly age: number;
  readonly images: number;
}

/** Numbers about a memory. */
export interface MemoryStats {
  /** Ascending by epoch. */
  readonly generations: readonly GenerationStats[];
  /** Ascending by age; images without an example are in none. */
  readonly ages: readonly AgeCount[];
}

/**
 * Reads every committed example of `store`, checksums included.
 *
 * @throws {RunError} naming chunk and record if one is damaged
 */
export async function measureMemory(store: MemoryStore): Promise<MemoryStats> {
  const epochs = store.current()?.generations ?? [];
  const generations: GenerationStats[] = [];
  // The newest first: a trainer replaces it soonest.
  for (const epoch of epochs.toReversed()) {
    generations.unshift(await measureGeneration(store, epoch));
  }
  const counted = new Set<number>();
  const ages: AgeCount[] = [];
  for (const epoch of epochs.toReversed()) {
    const before = counted.size;
    for (const image of await store.images(epoch)) counted.add(image);
    const images = counted.size - before;
    if (images > 0) ages.push({ age: epochs.at(-1)! - epoch, images });
  }
  return { generations, ages };
}

async function measureGeneration(store: MemoryStore, epoch: number): Promise<GenerationStats> {
  const manifest = store.manifest(epoch);
  const boundary = manifest.epsilon * (1 - 1 / 254);
  const images = await store.images(epoch);
  let sum = 0, atBoundary = 0, values = 0;
  for (let first = 0; first < images.length; first += BATCH) {
    const { deltas } = await store.read(epoch, images.subarray(first, first + BATCH));
    for (const delta of deltas) {
      const size = Math.abs(delta);
      sum += size;
      if (size >= boundary) atBoundary++;
    }
    values += deltas.length;
  }
  return {
    epoch,
    complete: manifest.complete,
    examples: images.length,
    coverage: manifest.images === 0 ? 0 : images.length / manifest.images,
    bytes: diskBytes(manifest),
    meanAbsoluteDelta: values === 0 ? 0 : 255 * sum / values,
    boundaryShare: values === 0 ? 0 : atBoundary / values,
  };
}

function diskBytes(manifest: Manifest): number {
  const codec = codecOf(manifest);
  return encodeManifest(manifest).length +
    manifest.chunks.reduce((sum, { records }) => sum + chunkBytes(codec, records), 0);
}
