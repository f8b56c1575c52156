/**
 * What the memory costs at full size: time of the training thread for each batch, to open, and bytes on disk.
 *
 * `deno task bench:memory [--examples N] [--codec int8|f16|f32] [--budget MIB] [--step MS]`
 *
 * Between two batches it waits for `--step` milliseconds (20), as a trainer waits for its device.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { drawView } from "../src/data/augmentation.ts";
import { valuesPerImage } from "../src/data/dataset.ts";
import { CIFAR10 } from "../src/data/sets/cifar10.ts";
import { CODEC_NAMES } from "../src/memory/chunk/codec.ts";
import { type MemorySettings, MemoryStore } from "../src/memory/store.ts";
import { verifyMemory } from "../src/memory/verify.ts";
import { Purpose, Stream } from "../src/random/stream.ts";

const BATCH = 128;
const EPSILON = 8 / 255;
const { shape } = CIFAR10, values = valuesPerImage(shape);

const given = parseArgs(Deno.args, { string: ["examples", "codec", "budget", "step"] });
const imageCount = Number(given.examples ?? 50_000);
const budget = Number(given.budget ?? 256) * 2 ** 20;
const step = Number(given.step ?? 20);
const codec = CODEC_NAMES.find((name) => name === given.codec) ?? "int8";
const settings: MemorySettings = {
  codec,
  epsilon: EPSILON,
  imageCount,
  dataSha256: "0".repeat(64),
  shape,
};
const directory = await Deno.makeTempDir({ prefix: "memloss-bench-" });
try {
  await measure();
} finally {
  await Deno.remove(directory, { recursive: true });
}

async function measure(): Promise<void> {
  const deltas = Float32Array.from(
    { length: BATCH * values },
    (_, i) => EPSILON * Math.sin(i),
  );
  const views = Array.from({ length: BATCH }, (_, i) => drawView(1, 1, i));
  const store = await MemoryStore.open(directory, settings);
  await store.begin(1);
  const writes = await eachBatch(1, async (ids) => {
    await store.write(
      ids,
      views.slice(0, ids.length),
      deltas.subarray(0, ids.length * values),
    );
  });
  const commit = await time(() =>
    store.commit({
      epoch: 1,
      step: 1,
      complete: true,
      keep: [],
      checkpoint: "none",
      checkpointSha256: "0".repeat(64),
    })
  );
  await store.close();

  let opened!: MemoryStore;
  const open = await time(async () => {
    opened = await MemoryStore.open(directory, settings, { budget });
    await opened.read(1, Uint32Array.of(0)); // reads the index
  });
  const before = Deno.memoryUsage().rss;
  const reads = await eachBatch(2, async (ids) => void await opened.read(1, ids));
  const grown = Deno.memoryUsage().rss - before;
  await opened.close();

  let reader!: MemoryStore;
  const openReader = await time(async () => {
    reader = await MemoryStore.openReadOnly(directory);
    await reader.read(1, Uint32Array.of(0));
  });
  await reader.close();
  const checkpointPath = () => `${directory}/current.json`;
  const verify = await time(async () => {
    await verifyMemory(directory, { index: true, checkpointPath });
  });
  const files = diskBytes(directory);
  console.log(
    `${imageCount} examples, ${codec}, batches of ${BATCH}, budget ${budget / 2 ** 20} MiB`,
  );
  console.log(`write of a batch   ${describe(writes)}`);
  console.log(`read of a batch    ${describe(reads)}`);
  console.log(`commit             ${commit.toFixed(0)} ms`);
  console.log(`open to write      ${open.toFixed(0)} ms`);
  console.log(`open to read only  ${openReader.toFixed(0)} ms`);
  console.log(`verify             ${verify.toFixed(0)} ms`);
  console.log(`on disk            ${(files / imageCount).toFixed(1)} bytes an example`);
  console.log(`RSS grown by reads ${(grown / 2 ** 20).toFixed(0)} MiB`);
}

/** The milliseconds that `use` takes with each batch of a shuffled epoch. */
async function eachBatch(
  epoch: number,
  use: (ids: Uint32Array) => Promise<void>,
): Promise<Float64Array> {
  const order = new Stream(1, Purpose.shuffle, epoch).permutation(imageCount);
  const times: number[] = [];
  for (let first = 0; first < imageCount; first += BATCH) {
    times.push(await time(() => use(order.subarray(first, first + BATCH))));
    await new Promise((resolve) => setTimeout(resolve, step));
  }
  return Float64Array.from(times).sort();
}

async function time(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

function describe(sorted: Float64Array): string {
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2);
  const mean = sorted.reduce((sum, each) => sum + each) / sorted.length;
  return `mean ${mean.toFixed(2)} ms, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, most ${at(1)} ms`;
}

function diskBytes(folder: string): number {
  let sum = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    sum += isDirectory ? diskBytes(path) : Deno.statSync(path).size;
  }
  return sum;
}
