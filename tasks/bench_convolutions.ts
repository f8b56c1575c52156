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
import stockBinary from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};
import { openBackend } from "../src/backend/open.ts";
import { readArguments } from "../src/cli/command.ts";
import { IMAGE_SIZE } from "../src/data/dataset.ts";
import { report } from "../src/main.ts";
import { type ConvNorm, resnet18 } from "../src/model/architecture.ts";
import { integerFlag, switchFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS } from "../src/recipe/recipe.ts";
import { formatSpread, median } from "./bench/statistics.ts";

const FLAGS = {
  width: RECIPE_FLAGS.width,
  batchSize: integerFlag("batch-size", "images per convolution; default 32", 1),
  pairs: integerFlag("pairs", "measurements of each side; default 5", 1),
  json: switchFlag("json", "print everything as JSON"),
} as const;

/** What tfjs calls its own backend. */
const STOCK = "wasm";
/** A measurement repeats the convolution for this long: a shorter one is mostly noise. */
const LEAST_SECONDS = 0.05;

/** A convolution on images of `size` by `size` pixels. */
interface LayerShape extends Pick<ConvNorm, "kernel" | "stride" | "inChannels" | "outChannels"> {
  readonly size: number;
}

/** Both sides' GFLOPS on one shape, a value per pair. */
interface ShapeResult {
  readonly shape: LayerShape;
  readonly ours: readonly number[];
  readonly stock: readonly number[];
}

async function benchConvolutions(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log("Usage: bench_convolutions [--width N] [--batch-size N] [--pairs N] [--json]");
    return;
  }
  const { flags } = readArguments(args, FLAGS, 0);
  const { width = 64, batchSize = 32, pairs = 5 } = flags;
  const backend = await openBackend("wasm");
  const ours = tf.getBackend();
  await openStock();
  const results: ShapeResult[] = [];
  for (const shape of layerShapes(width)) {
    results.push(await compare(shape, batchSize, ours, pairs));
  }
  console.log(flags.json ? JSON.stringify(results) : describe(results, width, batchSize));
  backend.close();
}

/** Opens tfjs's own backend beside ours. */
async function openStock(): Promise<void> {
  const url = URL.createObjectURL(new Blob([stockBinary], { type: "application/wasm" }));
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

/** Every shape that a convolution of the network has, once. */
function layerShapes(width: number): LayerShape[] {
  const { stem, blocks } = resnet18({ width, classes: 10 });
  const shapes = new Map<string, LayerShape>();
  const add = ({ kernel, stride, inChannels, outChannels }: ConvNorm, size: number) => {
    const shape = { kernel, stride, inChannels, outChannels, size };
    shapes.set(nameOf(shape), shape);
  };
  let size = IMAGE_SIZE;
  add(stem, size);
  for (const { first, second, shortcut } of blocks) {
    add(first, size);
    if (shortcut) add(shortcut, size);
    size /= first.stride;
    add(second, size);
  }
  return [...shapes.values()];
}

function nameOf({ kernel, stride, inChannels, outChannels, size }: LayerShape): string {
  return `${kernel}x${kernel}${stride > 1 ? `/${stride}` : ""}, ${size}x${size}, ` +
    `${inChannels} to ${outChannels}`;
}

async function compare(
  shape: LayerShape,
  batchSize: number,
  backend: string,
  pairs: number,
): Promise<ShapeResult> {
  const [ours, stock] = [
    await Convolution.open(backend, shape, batchSize),
    await Convolution.open(STOCK, shape, batchSize),
  ];
  const result = { shape, ours: [] as number[], stock: [] as number[] };
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
  readonly #shape: LayerShape;
  readonly #images: tf.Tensor4D;
  readonly #filter: tf.Tensor4D;

  private constructor(backend: string, shape: LayerShape, batchSize: number) {
    const { kernel, inChannels, outChannels, size } = shape;
    this.#backend = backend;
    this.#shape = shape;
    this.#images = tf.randomUniform([batchSize, size, size, inChannels]);
    this.#filter = tf.randomUniform([kernel, kernel, inChannels, outChannels], -1, 1);
  }

  /** Makes the tensors on `backend` and runs until its code is warm. */
  static async open(backend: string, shape: LayerShape, batchSize: number): Promise<Convolution> {
    await tf.setBackend(backend);
    const convolution = new Convolution(backend, shape, batchSize);
    await convolution.measure();
    return convolution;
  }

  /** GFLOPS, a multiplication and an addition counted as two. */
  async measure(): Promise<number> {
    await tf.setBackend(this.#backend);
    const { kernel, stride } = this.#shape;
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
    ...results.map(({ shape, ours, stock }) => {
      const ratios = ours.map((value, pair) => value / stock[pair]!);
      const [a, b] = [ours, stock].map((values) => median(values).toFixed(1).padStart(12));
      return `  ${nameOf(shape).padEnd(24)} ${a}   ${b}   ${formatSpread(ratios, 2)}`;
    }),
  ].join("\n");
}

if (import.meta.main) {
  try {
    await benchConvolutions(Deno.args);
  } catch (error) {
    Deno.exit(report(error, Deno.args.includes("--verbose")));
  }
}
