/** What the memory tests share: made-up examples, and folders held against each other. */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { drawView, type View } from "../../src/data/augmentation.ts";
import type { MemoryStore } from "../../src/memory/store.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { VALUES } from "../testing/images.ts";

export const EPSILON = 8 / 255;
/** Stands for the digest of the training images. */
export const DATA_SHA256 = "d1".repeat(32);
/** Stands for the digest of a checkpoint. */
export const CHECKPOINT_SHA256 = "c4".repeat(32);

/** Examples of the images `ids`, of `values` each, in `epoch`: the same whenever and however they are asked for. */
export function makeExamples(
  epoch: number,
  ids: Uint32Array,
  values = VALUES,
): { views: View[]; deltas: Float32Array } {
  const deltas = new Float32Array(ids.length * values);
  const views = [...ids].map((id) => drawView(7, epoch, id));
  ids.forEach((id, row) => {
    const stream = new Stream(7, Purpose.attackStart, epoch, id);
    const block = Float32Array.from({ length: 64 }, () => (2 * stream.uniform() - 1) * EPSILON);
    for (let i = 0; i < values; i++) {
      deltas[row * values + i] = block[(i + (i >> 6)) % 64]!;
    }
  });
  return { views, deltas };
}

/** Writes the examples of `ids` in batches. */
export async function writeExamples(
  store: MemoryStore,
  epoch: number,
  ids: Uint32Array,
  batch = 128,
): Promise<void> {
  for (let first = 0; first < ids.length; first += batch) {
    const part = ids.subarray(first, first + batch);
    const { height, width, channels } = store.settings.shape;
    const { views, deltas } = makeExamples(epoch, part, height * width * channels);
    await store.write(part, views, deltas);
  }
}

/** SHA-256 of every file of every generation, by its path in `directory`. */
export function generationFiles(directory: string): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const folder of Deno.readDirSync(directory)) {
    if (!folder.isDirectory) continue;
    for (const { name } of Deno.readDirSync(join(directory, folder.name))) {
      const bytes = Deno.readFileSync(join(directory, folder.name, name));
      digests[join(folder.name, name)] = createHash("sha256").update(bytes).digest("hex");
    }
  }
  return Object.fromEntries(Object.entries(digests).sort(([a], [b]) => a < b ? -1 : 1));
}

/** Copies `from` with everything in it to `to`, at once. */
export function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    const source = join(from, entry.name), target = join(to, entry.name);
    if (entry.isDirectory) copyFolder(source, target);
    else Deno.copyFileSync(source, target);
  }
}

/** Runs `use` with a new folder that is gone afterwards. */
export async function inTemporary(use: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
