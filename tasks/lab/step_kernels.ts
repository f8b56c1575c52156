/**
 * The kernels of one V1 step, without a device: WGSL for a compiler to judge, and what each costs by the roofline.
 *
 * `deno run --allow-read --allow-write tasks/lab/step_kernels.ts OUT_DIR [--width 64] [--batch-size 128] [--prefer NAME]`
 *
 * Writes `OUT_DIR/kernels.json` and a `.wgsl` for every kernel that takes at least one hundredth of the step. Convolutions
 * take the variant that is fastest on paper among those whose names begin with `--prefer`, or where none does, among all
 * (those of discrete GPUs).
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import * as tf from "@tensorflow/tfjs";
import type { Backend, Computation, Compute, Request } from "../../src/backend/backend.ts";
import { CATALOGUE, variantsFor } from "../../src/backend/webgpu/convolution/catalogue.ts";
import type { Convolution } from "../../src/backend/webgpu/convolution/shape.ts";
import { bytesOf, floats, type Kernel } from "../../src/backend/webgpu/program/kernel.ts";
import { type Bindable, schedule } from "../../src/backend/webgpu/program/schedule.ts";
import type { Graph } from "../../src/backend/webgpu/trace/graph.ts";
import { registerTraceKernels } from "../../src/backend/webgpu/trace/kernels.ts";
import { GPU_TRAITS, GPUS } from "../../src/bench/kernels/gpus.ts";
import { homesOf, traceOnPaper } from "../../src/bench/host/paper_trace.ts";
import { variantRoofline } from "../../src/bench/kernels/roofline.ts";
import { CIFAR10 } from "../../src/data/sets/cifar10.ts";
import {
  buildArchitecture,
  DEFAULT_ARCHITECTURE,
} from "../../src/model/architectures/architectures.ts";
import { initialise, type TensorMap } from "../../src/model/parameters.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { Learner } from "../../src/train/learner/learner.ts";

/** A kernel in the step. */
interface Row {
  readonly kernel: string;
  readonly code: string;
  readonly times: number;
  /** Of one dispatch, on paper, if every byte that is asked for comes from memory. */
  readonly microseconds: number;
  readonly bound: "compute" | "memory";
  readonly asked: number;
  readonly footprint: number;
}

/** Shares of the step from which a kernel is worth a look. */
const LEAST = 0.01;

const given = parseArgs(Deno.args, { string: ["width", "batch-size", "prefer"] });
const out = String(given._[0] ?? ".");
const width = Number(given.width ?? 64), batchSize = Number(given["batch-size"] ?? 128);
const prefer = String(given.prefer ?? "");

await Deno.mkdir(out, { recursive: true });
const rows = await stepKernels();
const seconds = rows.reduce((sum, { times, microseconds }) => sum + times * microseconds, 0) / 1e6;
const large = rows
  .map((row) => ({ ...row, share: row.times * row.microseconds / 1e6 / seconds }))
  .filter(({ share }) => share >= LEAST)
  .toSorted((a, b) => b.share - a.share);
const listed = await Promise.all(large.map(async ({ code, ...row }, index) => {
  const file = `${String(index).padStart(2, "0")}-${
    row.kernel.replace(/[^A-Za-z0-9]+/g, "_")
  }.wgsl`;
  await Deno.writeTextFile(`${out}/${file}`, code);
  return { file, ...row };
}));
await Deno.writeTextFile(
  `${out}/kernels.json`,
  JSON.stringify({ seconds, kernels: listed }, null, 2),
);
console.log(`${batchSize / seconds} images/s on paper; ${listed.length} of ${rows.length} kernels`);

/** Every kernel of a step once. */
async function stepKernels(): Promise<Row[]> {
  registerTraceKernels();
  await tf.setBackend("cpu");
  const recipe = resolveRecipe({ variant: "v1", width, batchSize });
  const architecture = buildArchitecture(DEFAULT_ARCHITECTURE, {
    width,
    classes: CIFAR10.classes.length,
  });
  const found = new Map<string, Row>();
  const backend = { deviceState: (maps: TensorMap[]) => paperState(maps, found) };
  const learner = new Learner(
    recipe,
    architecture,
    backend as unknown as Backend,
    initialise(architecture, recipe.seed),
  );
  await learner.preflight(CIFAR10.shape, [batchSize], false);
  return [...found.values()];
}

/** A device state that traces what is compiled in it and counts its kernels. */
function paperState(maps: readonly TensorMap[], found: Map<string, Row>) {
  const computes = new Map<Computation, Compute>();
  const homes = homesOf(maps);
  return {
    compile(compute: Compute): Computation {
      const computation = () => Promise.resolve({});
      computes.set(computation, compute);
      return computation;
    },
    preflight(requests: readonly Request[]) {
      const attacks = requests.filter(({ shapes }) => "start" in shapes).length;
      for (const { computation, shapes } of requests) {
        if ("nat" in shapes && !("start" in shapes) && !("mem" in shapes)) continue; // an earlier epoch's
        const { graph } = traceOnPaper(homes, computes.get(computation)!, shapes);
        // PGD's ten steps come in parts of which each is requested once.
        const times = "start" in shapes ? 10 / attackSteps(graph) / attacks : 1;
        for (const { kernel, operands } of schedule(graph, { choose }).dispatches) {
          count(found, kernel, operands, times);
        }
      }
      return Promise.resolve(undefined);
    },
  };
}

/** The steps of PGD that `graph` makes: the input gradients of its stem. */
function attackSteps({ operations }: Graph): number {
  return operations.filter(({ work }) =>
    work.kind === "convolution" && work.mode === "inputGradient" && work.shape.inChannels === 3
  ).length;
}

function choose(convolution: Convolution) {
  const { shape } = convolution;
  const variants = variantsFor(CATALOGUE, convolution, { traits: GPU_TRAITS, software: false });
  const discrete = variants.filter(({ name }) => /^(winograd-)?tile/.test(name));
  const preferred = discrete.filter(({ name }) => name.startsWith(prefer));
  const ranked = (preferred.length > 0 ? preferred : discrete).map((variant) => {
    const { predictions } = variantRoofline(variant, shape);
    return { variant, gflops: predictions.h100.uncached.gflops };
  });
  return ranked.reduce((best, each) => each.gflops > best.gflops ? each : best).variant;
}

function count(
  found: Map<string, Row>,
  kernel: Kernel,
  operands: readonly Bindable[],
  times: number,
): void {
  const { name, code, cost } = kernel, { flops, bandwidth } = GPUS.h100;
  const before = found.get(code);
  const sizes = [...new Set(operands)].map((operand) =>
    bytesOf("storage" in operand ? operand.storage : floats(operand.size))
  );
  const asked = cost.bytesRead + cost.bytesWritten;
  const compute = cost.flops / flops, memory = asked / bandwidth;
  found.set(code, {
    kernel: name,
    code,
    times: (before?.times ?? 0) + times,
    microseconds: 1e6 * Math.max(compute, memory),
    bound: compute >= memory ? "compute" : "memory",
    asked,
    footprint: sizes.reduce((sum, size) => sum + size, 0),
  });
}
