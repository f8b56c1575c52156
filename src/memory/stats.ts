/**
 * What a memory holds, in numbers.
 *
 * @module
 */
import { valuesPerImage } from "../data/dataset.ts";
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
  /** Those of them that are of images in the set that was asked about. */
  readonly trainedOn?: number;
  /** Examples over all images of the data set, those included that the run does not train on, in [0,1]. */
  readonly coverage: number;
  /** Bytes of its chunks and manifest on disk. */
  readonly bytes: number;
  /** Mean of |δ| over all values, in 1/255; 0 without examples. */
  readonly meanAbsoluteDelta: number;
  /**
   * Share of values with |δ| ≥ ε − ε/254, in L2 of examples with a δ of that length, in [0,1]; 0 without examples. Absent
   * where examples lie in no ball, or it was not asked for.
   */
  readonly boundaryShare?: number;
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

/** What the ball is measured by that a memory's examples lie in. */
export type MemoryNorm = "linf" | "l2";

/**
 * Reads every committed example of `store`, checksums included, and holds one generation at a time.
 *
 * @param norm of the ball that the examples lie in; without it nothing is said of its boundary
 * @param trainedOn images whose examples are counted besides
 * @throws {RunError} naming chunk and record if one is damaged
 */
export async function measureMemory(
  store: MemoryStore,
  norm?: MemoryNorm,
  trainedOn?: ReadonlySet<number>,
): Promise<MemoryStats> {
  const epochs = store.current()?.generations ?? [];
  const generations: GenerationStats[] = [];
  const counted = new Uint8Array(store.settings.imageCount);
  const ages: AgeCount[] = [];
  // The newest first: a trainer replaces it soonest.
  for (const epoch of epochs.toReversed()) {
    const ids = await store.images(epoch);
    const trained = trainedOn && ids.filter((id) => trainedOn.has(id)).length;
    generations.unshift({
      ...await measureGeneration(store, epoch, ids, norm),
      ...trained !== undefined && { trainedOn: trained },
    });
    let images = 0;
    for (const image of ids) {
      if (counted[image] === 0) images++;
      counted[image] = 1;
    }
    if (images > 0) ages.push({ age: epochs.at(-1)! - epoch, images });
    await store.release(epoch);
  }
  return { generations, ages };
}

async function measureGeneration(
  store: MemoryStore,
  epoch: number,
  images: Uint32Array,
  norm: MemoryNorm | undefined,
): Promise<GenerationStats> {
  const manifest = store.manifest(epoch);
  const boundary = manifest.epsilon * (1 - 1 / 254);
  const perExample = valuesPerImage(store.settings.shape);
  let sum = 0, atBoundary = 0, values = 0;
  for (let first = 0; first < images.length; first += BATCH) {
    const { deltas } = await store.read(epoch, images.subarray(first, first + BATCH));
    for (let start = 0; start < deltas.length; start += perExample) {
      let squares = 0;
      for (const delta of deltas.subarray(start, start + perExample)) {
        const size = Math.abs(delta);
        sum += size;
        squares += size * size;
        if (norm === "linf" && size >= boundary) atBoundary++;
      }
      if (norm === "l2" && Math.sqrt(squares) >= boundary) atBoundary++;
    }
    values += deltas.length;
  }
  const measured = norm === "l2" ? images.length : values;
  return {
    epoch,
    complete: manifest.complete,
    examples: images.length,
    coverage: manifest.images === 0 ? 0 : images.length / manifest.images,
    bytes: diskBytes(manifest),
    meanAbsoluteDelta: values === 0 ? 0 : 255 * sum / values,
    ...norm !== undefined && { boundaryShare: measured === 0 ? 0 : atBoundary / measured },
  };
}

function diskBytes(manifest: Manifest): number {
  const codec = codecOf(manifest);
  return encodeManifest(manifest).length +
    manifest.chunks.reduce((sum, { records }) => sum + chunkBytes(codec, records), 0);
}
