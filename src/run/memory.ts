/**
 * A run's memory for those who only read.
 *
 * @module
 */
import { join } from "@std/path";
import { MemoryStore } from "../memory/store.ts";

/** A memory that is open for reading; `await using` closes it. */
export interface OpenMemory
  extends
    Pick<MemoryStore, "settings" | "current" | "has" | "manifest" | "images" | "read">,
    AsyncDisposable {}

/**
 * Opens what the run in `directory` remembers as its last commit left it. The run may train on: it is neither waited for nor
 * kept waiting, and what it commits meanwhile is not seen.
 *
 * @example What a run remembers of the images of its newest epoch
 * ```ts no-eval
 * await using memory = await openMemory("runs/v1");
 * const epoch = memory.current()!.generations.at(-1)!;
 * const ids = await memory.images(epoch);
 * const { deltas } = await memory.read(epoch, ids.slice(0, 8));
 * ```
 *
 * @param index address of the KV Connect service that has the memory's index. @default the run's folder
 * @throws {UsageError} if there is no memory
 * @throws {RunError} if what was committed is damaged
 */
export async function openMemory(directory: string, index?: string): Promise<OpenMemory> {
  const store = await MemoryStore.openReadOnly(join(directory, "memory"), index);
  return {
    settings: store.settings,
    current: () => store.current(),
    has: (epoch) => store.has(epoch),
    manifest: (epoch) => store.manifest(epoch),
    images: (epoch) => store.images(epoch),
    read: (epoch, ids, onDamage) => store.read(epoch, ids, onDamage),
    [Symbol.asyncDispose]: () => store.close(),
  };
}
