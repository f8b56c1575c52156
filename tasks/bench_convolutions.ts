/**
 * The CPU engine's forward convolution against that of tfjs's own WASM backend (one thread), in turns, on every layer
 * shape of ResNet-18. Filters stay the same from call to call, as in an attack.
 *
 * ```sh
 * deno run -P=bench tasks/bench_convolutions.ts --width 64 --batch-size 32
 * ```
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { openBackend } from "../src/backend/open.ts";
import { type BenchLayer, convolutionLayers } from "../src/bench/kernels/layers.ts";
import { formatSpread, median } from "../src/bench/statistics.ts";
import { readArguments } from "../src/cli/shell/command.ts";
import { integerFlag, switchFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS } from "../src/recipe/fields.ts";
import { runTask } from "./run_task.ts";

const FLAGS = {
  width: RECIPE_FLAGS.width,
  batchSize: integerFlag("batch-size", "images per convolution; default 32", 1),
  pairs: integerFlag("pairs", "measurements of each side; default 5", 1),
  json: switchFlag("json", "print everything as JSON"),
} as const;

/** What tfjs calls its own backend. */
const STOCK = "wasm";
const STOCK_BINARY = "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
/** A measurement repeats the convolution for this long: a shorter one is mostly noise. */
const LEAST_SECONDS = 0.05;

/** Both sides' GFLOPS on one shape, a value per pair. */
interface ShapeResult {
  readonly layer: BenchLayer;
  readonly ours: readonly number[];
  readonly stock: readonly number[];
}

async function benchConvolutions(args: readonly string[]): Promise<void> {
  const { flags } = readArguments(args, FLAGS, 0);
  const { width = 64, batchSize = 32, pairs = 5 } = flags;
  const backend = await openBackend("wasm");
  const ours = tf.getBackend();
  await openStock();
  const results: ShapeResult[] = [];
  for (const layer of convolutionLayers(width, batchSize)) {
    results.push(await compare(layer, ours, pairs));
  }
  console.log(flags.json ? JSON.stringify(results) : describe(results, width, batchSize));
  backend.close();
}

/** Opens tfjs's own backend beside ours. */
async function openStock(): Promise<void> {
  const binary = await Deno.readFile(new URL(import.meta.resolve(STOCK_BINARY)));
  const url = URL.createObjectURL(new Blob([binary], { type: "application/wasm" }));
  const usePlatformFetch = true;
  setWasmPaths({
    "tfjs-backend-wasm.wasm": url,
    "tfjs-backend-wasm-simd.wasm": url,
    "tfjs-backend-wasm-threaded-simd.wasm": url,
  }, usePlatformFetch);
  tf.env().set("WASM_HAS_SIMD_SUPPORT", true);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  // tfjs's loader takes Deno for Node and asks where its script lies.
  Object.assign(globalThis, { __dirname: "" });
  await tf.setBackend(STOCK);
}

async function compare(
  layer: BenchLayer,
  backend: string,
  pairs: number,
): Promise<ShapeResult> {
  const [ours, stock] = [
    await Convolution.open(backend, layer),
    await Convolution.open(STOCK, layer),
  ];
  const result = { layer, ours: [] as number[], stock: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    result.ours.push(await ours.measure());
    result.stock.push(await stock.measure());
  }
  ours.dispose();
  stock.dispose();
  return result;
}

/** One shape's convolution on one backend. */
class Convolution {
  readonly #backend: string;
  readonly #layer: BenchLayer;
  readonly #images: tf.Tensor4D;
  readonly #filter: tf.Tensor4D;

  private constructor(backend: string, layer: BenchLayer) {
    const { batch, height, width, kernel, inChannels, outChannels } = layer.shape;
    this.#backend = backend;
    this.#layer = layer;
    this.#images = tf.randomUniform([batch, height, width, inChannels]);
    this.#filter = tf.randomUniform([kernel, kernel, inChannels, outChannels], -1, 1);
  }

  /** Makes the tensors on `backend` and runs until its code is warm. */
  static async open(backend: string, layer: BenchLayer): Promise<Convolution> {
    await tf.setBackend(backend);
    const convolution = new Convolution(backend, layer);
    await convolution.measure();
    return convolution;
  }

  /** GFLOPS, a multiplication and an addition counted as two. */
  async measure(): Promise<number> {
    await tf.setBackend(this.#backend);
    const { kernel, stride } = this.#layer.shape;
    let operations = 0;
    let seconds = 0;
    const started = performance.now();
    while (seconds < LEAST_SECONDS) {
      const output = tf.conv2d(this.#images, this.#filter, stride, (kernel - 1) / 2);
      operations += 2 * output.size * this.#filter.size / output.shape[3];
      output.dispose();
      seconds = (performance.now() - started) / 1000;
    }
    return operations / seconds / 1e9;
  }

  dispose(): void {
    tf.dispose([this.#images, this.#filter]);
  }
}

function describe(results: readonly ShapeResult[], width: number, batchSize: number): string {
  return [
    `forward convolutions of ResNet-18, width ${width}, batch ${batchSize}`,
    "",
    "  layer                    ours, GFLOPS   tfjs, GFLOPS   ours/tfjs, median [least, most]",
    ...results.map(({ layer, ours, stock }) => {
      const ratios = ours.map((value, pair) => value / stock[pair]!);
      const [a, b] = [ours, stock].map((values) => median(values).toFixed(1).padStart(12));
      return `  ${layer.name.padEnd(24)} ${a}   ${b}   ${formatSpread(ratios, 2)}`;
    }),
  ].join("\n");
}

if (import.meta.main) {
  await runTask({
    call: "deno run -P=bench tasks/bench_convolutions.ts",
    summary: "time the CPU engine's forward convolutions and tfjs's own in turns, by layer",
    flags: FLAGS,
    run: benchConvolutions,
  });
}
