/**
 * What the memory costs the thread that trains, on the disk for temporary files: examples of an epoch written in batches
 * and read in another order, opened, verified.
 *
 * @module
 */
import { join } from "@std/path";
import { drawView } from "../data/augmentation.ts";
import { valuesPerImage } from "../data/dataset.ts";
import { CIFAR10 } from "../data/sets/cifar10.ts";
import type { CodecName } from "../memory/chunk/codec.ts";
import { type MemorySettings, MemoryStore } from "../memory/store.ts";
import { verifyMemory } from "../memory/verify.ts";
import { Purpose, Stream } from "../random/stream.ts";
import { quantile } from "./statistics.ts";
import { secondsOf } from "./timing.ts";

/** Milliseconds between two batches, in which what goes on beside them is done: a trainer waits for its device. */
const STEP = 20;
const EPSILON = 8 / 255;
const { shape: SHAPE } = CIFAR10, VALUES = valuesPerImage(SHAPE);

/** What is measured. */
export interface MemorySize {
  /** How many examples an epoch has. */
  readonly examples: number;
  readonly batchSize: number;
  /** How they are stored. */
  readonly codec: CodecName;
  /** MiB of RAM for reading them. */
  readonly budget: number;
}

/** Milliseconds that the thread which trains is kept by each batch. */
export interface BatchTimes {
  readonly mean: number;
  readonly median: number;
  /** 95 of 100 batches take no longer. */
  readonly percentile95: number;
  readonly most: number;
}

/** What was measured. */
export interface MemoryCost {
  readonly write: BatchTimes;
  readonly read: BatchTimes;
  /** Milliseconds: to make an epoch's examples current. */
  readonly commit: number;
  /** Milliseconds to the first example, of a memory that is opened to be written. */
  readonly openToWrite: number;
  /** The same of one that is opened to be read only. */
  readonly openToRead: number;
  /** Milliseconds of `memory verify`. */
  readonly verify: number;
  /** Bytes on the disk for each example, index and manifest included. */
  readonly bytesPerExample: number;
  /** How many bytes larger the process is after an epoch was read. */
  readonly residentGrowth: number;
}

/**
 * Writes and reads an epoch of examples in a folder for temporary files, which is gone afterwards.
 *
 * @throws {RunError} if the disk fails
 */
export async function measureMemory(
  { examples, batchSize, codec, budget }: MemorySize,
  progress: (what: string) => void,
): Promise<MemoryCost> {
  const settings: MemorySettings = {
    ...{ codec, epsilon: EPSILON, imageCount: examples, dataSha256: "0".repeat(64), shape: SHAPE },
  };
  const directory = await Deno.makeTempDir({ prefix: "memloss-bench-" });
  const batches = (what: string, epoch: number, use: (ids: Uint32Array) => Promise<unknown>) =>
    timesOf(
      shuffled(epoch, examples, batchSize),
      use,
      (done) => progress(`memory: ${done} of ${examples} examples ${what}`),
    );
  try {
    const deltas = Float32Array.from(
      { length: batchSize * VALUES },
      (_, i) => EPSILON * Math.sin(i),
    );
    const views = Array.from({ length: batchSize }, (_, i) => drawView(1, 1, i));
    const store = await MemoryStore.open(directory, settings);
    await store.begin(1);
    const write = await batches(
      "written",
      1,
      (ids) =>
        store.write(ids, views.slice(0, ids.length), deltas.subarray(0, ids.length * VALUES)),
    );
    const commit = await millisecondsOf(() =>
      store.commit({
        ...{ epoch: 1, step: 1, complete: true, keep: [] },
        ...{ checkpoint: "none", checkpointSha256: "0".repeat(64) },
      })
    );
    await store.close();

    const first = Uint32Array.of(0); // whose place is looked up in the index
    let opened!: MemoryStore;
    const openToWrite = await millisecondsOf(async () => {
      opened = await MemoryStore.open(directory, settings, { budget: budget * 2 ** 20 });
      await opened.read(1, first);
    });
    const before = Deno.memoryUsage().rss;
    const read = await batches("read", 2, (ids) => opened.read(1, ids));
    const residentGrowth = Math.max(0, Deno.memoryUsage().rss - before);
    await opened.close();

    let reader!: MemoryStore;
    const openToRead = await millisecondsOf(async () => {
      reader = await MemoryStore.openReadOnly(directory);
      await reader.read(1, first);
    });
    await reader.close();
    progress("memory: verifying");
    const checkpointPath = () => join(directory, "current.json"); // any file that is there
    const verify = await millisecondsOf(() =>
      verifyMemory(directory, { index: true, checkpointPath })
    );
    const bytesPerExample = bytesIn(directory) / examples;
    return {
      ...{ write, read, commit, openToWrite, openToRead, verify },
      ...{ bytesPerExample, residentGrowth },
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Batches of an epoch's shuffled order. */
function* shuffled(epoch: number, count: number, batchSize: number): Iterable<Uint32Array> {
  const order = new Stream(1, Purpose.shuffle, epoch).permutation(count);
  for (let first = 0; first < count; first += batchSize) {
    yield order.subarray(first, first + batchSize);
  }
}

/** Times `use` of each of `batches`. */
async function timesOf(
  batches: Iterable<Uint32Array>,
  use: (ids: Uint32Array) => Promise<unknown>,
  progress: (done: number) => void,
): Promise<BatchTimes> {
  const times: number[] = [];
  let done = 0;
  for (const ids of batches) {
    times.push(await millisecondsOf(() => use(ids)));
    progress(done += ids.length);
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  return {
    mean: times.reduce((sum, each) => sum + each, 0) / times.length,
    median: quantile(times, 0.5),
    percentile95: quantile(times, 0.95),
    most: Math.max(...times),
  };
}

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  return 1000 * await secondsOf(work);
}

function bytesIn(folder: string): number {
  let sum = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    sum += isDirectory ? bytesIn(path) : Deno.statSync(path).size;
  }
  return sum;
}
