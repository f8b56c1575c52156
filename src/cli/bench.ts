/**
 * `memloss bench`
 *
 * @module
 */
import type { Backend } from "../backend/backend.ts";
import { openBackend } from "../backend/open.ts";
import { describeAdapters } from "../backend/webgpu/open.ts";
import { compareAttacks, compareAttackStarts } from "../bench/attack.ts";
import { closeEngines, openEngines } from "../bench/engines.ts";
import { compareEvaluations } from "../bench/evaluation.ts";
import { GPUS } from "../bench/kernels/gpus.ts";
import { measureHost } from "../bench/host/measure.ts";
import { measureKernels, summariseSpeeds } from "../bench/kernels/speeds.ts";
import { convolutionLayers } from "../bench/kernels/layers.ts";
import { measureMemory } from "../bench/memory.ts";
import type { BenchReport, OnDevice, Size } from "../bench/report.ts";
import { rooflines } from "../bench/kernels/roofline.ts";
import { compareSteps, timeCpuSteps } from "../bench/step.ts";
import { describeBench } from "../report/bench_text.ts";
import {
  type BenchSubject,
  DEFAULT_PAIRS,
  type DEFAULTS,
  FLAGS,
  type Flags,
  MEMORY,
  refuseIdle,
  sizeOf,
} from "./bench/flags.ts";
import { type Command, readArguments, refuseFlags } from "./shell/command.ts";
import { printReport } from "./shell/output.ts";
import { StatusLine } from "./shell/terminal.ts";
import { tuningOptions } from "./shell/tuning_flag.ts";
import { SUMMARIES } from "./summaries.ts";

export const command: Command = {
  name: "bench",
  positionals: "",
  summary: SUMMARIES.bench,
  flags: FLAGS,
  examples: [
    "memloss bench --what kernels,step --compare stock --json",
    "memloss bench --what step --backend wasm --width 16 --batch-size 128",
    "memloss bench --what attack,attack-start,eval",
    "memloss bench --what memory --memory-codec f16",
    "memloss bench --what host",
    "memloss bench --what roofline",
  ],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    const report = await bench(flags);
    printReport(report, flags, describeBench);
  },
};

async function bench(flags: Flags): Promise<BenchReport> {
  const what = flags.what ?? new Set<BenchSubject>(["kernels", "step"]);
  refuseIdle(what, flags);
  return {
    ...(what.has("kernels") || what.has("step")) && await measure(what, flags),
    ...what.has("attack") && {
      attack: await onDevice("attack", flags, async (...asked) => ({
        attacks: await compareAttacks(...asked),
      })),
    },
    ...what.has("attack-start") && {
      attackStart: await onDevice("attack-start", flags, async (...asked) => ({
        attacks: await compareAttackStarts(...asked),
      })),
    },
    ...what.has("eval") && { eval: await onDevice("eval", flags, compareEvaluations) },
    ...what.has("memory") && { memory: await memoryAlone(flags) },
    ...what.has("host") && { host: await hostAlone(sizeOf("host", flags)) },
    ...what.has("roofline") && { roofline: boundOnPaper(sizeOf("roofline", flags)) },
  };
}

function boundOnPaper(size: Size): BenchReport["roofline"] {
  const variants = rooflines(convolutionLayers(size.width, size.batchSize));
  return { ...size, gpus: GPUS, variants };
}

/** What is measured on one device: its backend, the width, the images of a batch, the turns, and who is told. */
type Measured<T> = (
  ...asked: [Backend, number, number, number, (text: string) => void]
) => Promise<T>;

async function onDevice<T>(
  subject: keyof typeof DEFAULTS,
  flags: Flags,
  measured: Measured<T>,
): Promise<OnDevice & T> {
  const { backend: choice = "auto", pairs = DEFAULT_PAIRS, noTune } = flags;
  const size = sizeOf(subject, flags), { width, batchSize } = size;
  return await withStatus(async (status, progress) => {
    const backend = await openBackend(choice, tuningOptions(noTune, status));
    try {
      const { name, adapter } = backend;
      const found = await backend.guard(measured(backend, width, batchSize, pairs, progress));
      return { ...size, backend: name, adapter, pairs, ...found };
    } finally {
      backend.close();
    }
  });
}

async function memoryAlone(flags: Flags): Promise<BenchReport["memory"]> {
  const { examples, batchSize, memoryCodec: codec, memoryBudget: budget } = { ...MEMORY, ...flags };
  const size = { examples, batchSize, codec, budget };
  return await withStatus(async (_, progress) => ({
    ...size,
    ...await measureMemory(size, progress),
  }));
}

async function hostAlone(size: Size): Promise<BenchReport["host"]> {
  return await withStatus(async (_, progress) => ({
    ...size,
    ...await measureHost(size.width, size.batchSize, progress),
  }));
}

/** Kernels and step on WebGPU; the step on the CPU engine where that is asked for, or there is nothing else. */
async function measure(what: ReadonlySet<BenchSubject>, flags: Flags): Promise<BenchReport> {
  const { compare, pairs = DEFAULT_PAIRS, backend: choice, noTune } = flags;
  if (what.has("kernels") || compare) {
    const why =
      "wasm has a meaning neither for --what kernels nor for --compare, which are WebGPU's";
    refuseFlags(FLAGS, choice === "wasm" ? { backend: choice } : {}, ["backend"], why);
  } else if (!await hasWebGpu(choice)) {
    const onCpu = { ...flags, backend: "wasm" } as const;
    const { backend, adapter, ...step } = await onDevice("step", onCpu, timeCpuSteps);
    return { backend, adapter, step };
  }
  return await withStatus(async (status, progress) => {
    const engines = await openEngines(compare === "stock", tuningOptions(noTune, status));
    if (engines.software) {
      status.print(
        "note: the only WebGPU adapter here is software, on which this takes many minutes.",
      );
    }
    const kernels = async ({ width, batchSize }: Size) => {
      const layers = convolutionLayers(width, batchSize);
      const speeds = await measureKernels(layers, engines, pairs, progress);
      return { width, batchSize, pairs, summary: summariseSpeeds(speeds), layers: speeds };
    };
    const step = async ({ width, batchSize }: Size) => {
      const comparison = await compareSteps(engines, width, batchSize, pairs, progress);
      return { width, batchSize, pairs, ...comparison };
    };
    try {
      const { name, adapter } = engines.ours.backend;
      return {
        ...{ backend: name, adapter },
        ...what.has("kernels") && { kernels: await kernels(sizeOf("kernels", flags)) },
        ...what.has("step") && { step: await step(sizeOf("step", flags)) },
      };
    } finally {
      closeEngines(engines);
    }
  });
}

/** Whether there is WebGPU for `choice`, which takes what there is unless it is given. */
async function hasWebGpu(choice: Flags["backend"]): Promise<boolean> {
  if (choice === "wasm" || choice === "webgpu") return choice === "webgpu";
  return (await describeAdapters()).some(({ software }) => choice === undefined || !software);
}

async function withStatus<T>(
  work: (status: StatusLine, progress: (text: string) => void) => Promise<T>,
): Promise<T> {
  const status = new StatusLine();
  try {
    return await work(status, (text) => status.update(text));
  } finally {
    status.clear();
  }
}
