/**
 * A run's memory for those who only read.
 *
 * @module
 */
import type { Pointer } from "../memory/commit.ts";
import {
  type DamagedExample,
  type MemoryBatch,
  type MemorySettings,
  MemoryStore,
} from "../memory/store.ts";
import { memoryFolder } from "../memory/layout.ts";

/** A memory that is open for reading; `await using` closes it. */
export interface OpenMemory extends AsyncDisposable {
  /** What all examples have in common. */
  readonly settings: MemorySettings;
  /** What the last commit points at, or undefined before the first. */
  current(): Pointer | undefined;
  /** The images that `epoch` has examples of, in the order in which they were written. */
  images(epoch: number): Promise<Uint32Array>;
  /**
   * The examples of `epoch` for the images `ids`, as the codec gives them back.
   *
   * @param onDamage is told of an example that is damaged, which then counts as absent
   * @throws {RunError} if one is damaged and nobody is to be told, or if there is no such generation
   */
  read(
    epoch: number,
    ids: Uint32Array,
    onDamage?: (damaged: DamagedExample) => void,
  ): Promise<MemoryBatch>;
}

/**
 * Opens what the run in `directory` remembers as its last commit left it. The run may train on: it is neither waited for nor
 * kept waiting, and what it commits meanwhile is not seen.
 *
 * @example What a run remembers of the images of its newest epoch
 * ```ts
 * import { openMemory, startRun } from "@memloss/memloss";
 * import assert from "node:assert/strict";
 * const run = await Deno.makeTempDir();
 * const tiny = { data: "synthetic", width: 1, limitTrain: 8, limitTest: 4, select: "none" } as const;
 * await startRun({ variant: "v1", epochs: 1, attack: { steps: 1 }, backend: "wasm", ...tiny }, run);
 * await using memory = await openMemory(run);
 * const epoch = memory.current()!.generations.at(-1)!;
 * const ids = await memory.images(epoch);
 * const { deltas } = await memory.read(epoch, ids);
 * assert.equal(deltas.length, 8 * 32 * 32 * 3);
 * await Deno.remove(run, { recursive: true });
 * ```
 *
 * @param index address of the KV Connect service that has the memory's index; the run's folder has it unless given
 * @throws {UsageError} if there is no memory
 * @throws {RunError} if what was committed is damaged
 */
export async function openMemory(directory: string, index?: string): Promise<OpenMemory> {
  const store = await MemoryStore.openReadOnly(memoryFolder(directory), index);
  return {
    settings: store.settings,
    current: () => store.current(),
    images: (epoch) => store.images(epoch),
    read: (epoch, ids, onDamage) => store.read(epoch, ids, onDamage),
    [Symbol.asyncDispose]: () => store.close(),
  };
}
