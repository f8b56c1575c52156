/**
 * The CPU engine against PyTorch on the V1 step, in turns: PGD-10 in evaluation mode, train-mode passes on `x`, `x'` and
 * `x''`, the loss, its gradients, one update. Images are random and the disk is left out on both sides.
 *
 * ```sh
 * deno task bench --width 64 --batch-size 32
 * deno task bench --width 16 --batch-size 64 --profile
 * ```
 *
 * PyTorch is Debian's (`python3-torch`), in whichever of its memory formats is faster. `--profile` also shows what one
 * more step of ours spends in each kernel.
 *
 * @module
 */
import { join } from "@std/path";
import { openBackend } from "../src/backend/open.ts";
import { readArguments } from "../src/cli/shell/command.ts";
import { formatPercent } from "../src/report/words.ts";
import { integerFlag, switchFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS } from "../src/recipe/fields.ts";
import { type KernelTime, timeKernels } from "./bench/kernel_times.ts";
import { PyTorch } from "./bench/pytorch.ts";
import { formatSpread } from "../src/bench/statistics.ts";
import { type StepSeconds, V1Step } from "../src/bench/v1_step.ts";
import { runTask } from "./run_task.ts";

const FLAGS = {
  width: RECIPE_FLAGS.width,
  batchSize: integerFlag("batch-size", "images per step; default 32", 1),
  threads: integerFlag("threads", "threads that both compute with; default 2", 1),
  pairs: integerFlag("pairs", "steps of each side; default 5", 1),
  warmup: integerFlag("warmup", "steps of each side before the first that counts; default 2", 1),
  profile: switchFlag("profile", "also show our seconds per kernel"),
  json: switchFlag("json", "print everything as JSON"),
} as const;

/** Kernels below this share of the step are shown as one. */
const LEAST_SHARE = 0.01;

/** What PyTorch says before the first step. */
interface PyTorchStart {
  readonly version: string;
  /** Median seconds per step by memory format; the fastest one is used. */
  readonly formats: Readonly<Record<string, number>>;
}

/** One step of each side. */
interface Pair {
  readonly ours: StepSeconds;
  readonly pytorch: StepSeconds;
}

/** What was measured; seconds throughout. */
interface Comparison {
  readonly width: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly adapter: string;
  readonly pytorch: PyTorchStart;
  readonly pairs: readonly Pair[];
  /** One step of ours, if it was asked for. */
  readonly profile?: { readonly step: number; readonly kernels: readonly KernelTime[] };
}

async function bench(args: readonly string[]): Promise<void> {
  const { flags } = readArguments(args, FLAGS, 0);
  const { width = 64, batchSize = 32, threads = 2, pairs = 5, warmup = 2 } = flags;
  const backend = await openBackend("wasm", { workers: threads });
  const ours = new V1Step(backend, width, batchSize);
  const pytorch = new PyTorch(join(import.meta.dirname!, "bench_vs_pytorch.py"));
  try {
    const start = await pytorch.ask<PyTorchStart>({ width, batchSize, threads, warmup });
    for (let step = 0; step < warmup; step++) await ours.run();
    const measured: Pair[] = [];
    while (measured.length < pairs) {
      measured.push({ ours: await ours.run(), pytorch: await pytorch.ask<StepSeconds>({}) });
    }
    const comparison: Comparison = {
      width,
      batchSize,
      threads,
      adapter: backend.adapter,
      pytorch: start,
      pairs: measured,
      ...flags.profile && { profile: await profileStep(ours) },
    };
    console.log(flags.json ? JSON.stringify(comparison) : describe(comparison));
  } finally {
    await pytorch.close();
    backend.close();
  }
}

async function profileStep(ours: V1Step): Promise<Comparison["profile"]> {
  let step = 0;
  const kernels = await timeKernels(async () => {
    step = (await ours.run()).step;
  });
  return { step, kernels };
}

function describe(comparison: Comparison): string {
  const { width, batchSize, threads, adapter, pytorch, pairs, profile } = comparison;
  const formats = Object.entries(pytorch.formats).sort(([, a], [, b]) => a - b)
    .map(([name, seconds]) => `${name} (${seconds.toFixed(2)} s)`);
  const lines = [
    `V1 step of ResNet-18, width ${width}, batch ${batchSize}`,
    `ours: ${adapter}`,
    `PyTorch ${pytorch.version}: ${threads} threads, ${formats.join(" rather than ")}`,
    "",
    "              ours, s      PyTorch, s    ours/PyTorch",
    "  pair    step  attack    step  attack    step  attack",
    ...pairs.map((pair, index) => describePair(pair, index + 1)),
    "",
    "ours/PyTorch, median [least, most] over the pairs; fastest against fastest:",
    `  step    ${describeRatios("step", pairs)}`,
    `  attack  ${describeRatios("attack", pairs)}`,
    `images/s: ours ${describeRates(batchSize, pairs.map(({ ours }) => ours.step))}, ` +
    `PyTorch ${describeRates(batchSize, pairs.map(({ pytorch }) => pytorch.step))}`,
  ];
  if (profile) lines.push("", ...describeProfile(profile));
  return lines.join("\n");
}

function describePair({ ours, pytorch }: Pair, number: number): string {
  const seconds = [ours.step, ours.attack, pytorch.step, pytorch.attack];
  const ratios = [pytorch.step / ours.step, pytorch.attack / ours.attack];
  const cells = [...seconds, ...ratios].map((value) => value.toFixed(2).padStart(8));
  return String(number).padStart(6) + cells.join("");
}

/**
 * How many times as fast as PyTorch we are. Other work on the machine slows PyTorch more than us: where the fastest
 * steps say something else than the median, the machine was not idle.
 */
function describeRatios(part: keyof StepSeconds, pairs: readonly Pair[]): string {
  const ratios = pairs.map(({ ours, pytorch }) => pytorch[part] / ours[part]);
  const fastest = (side: keyof Pair) => Math.min(...pairs.map((pair) => pair[side][part]));
  const best = fastest("pytorch") / fastest("ours");
  return `${formatSpread(ratios, 2)}; ${best.toFixed(2)}`;
}

function describeRates(batchSize: number, seconds: readonly number[]): string {
  return formatSpread(seconds.map((step) => batchSize / step), 1);
}

/** The share of `step` in each kernel of some weight, in all others, and between kernels. */
function describeProfile({ step, kernels }: NonNullable<Comparison["profile"]>): string[] {
  const shown = kernels.filter(({ seconds }) => seconds >= LEAST_SHARE * step);
  const sum = (times: readonly KernelTime[]) =>
    times.reduce((all, { seconds }) => all + seconds, 0);
  const rows = [
    ...shown,
    { kernel: "other kernels", seconds: sum(kernels) - sum(shown) },
    { kernel: "outside kernels", seconds: step - sum(kernels) },
  ];
  return [
    `one step of ours, ${step.toFixed(2)} s:`,
    ...rows.map(({ kernel, seconds }) =>
      `  ${kernel.padEnd(28)}${seconds.toFixed(3).padStart(9)} s` +
      formatPercent(seconds / step).padStart(9)
    ),
  ];
}

if (import.meta.main) {
  await runTask({
    call: "deno task bench",
    summary: "time the V1 step of the CPU engine and PyTorch's in turns",
    flags: FLAGS,
    run: bench,
  });
}
