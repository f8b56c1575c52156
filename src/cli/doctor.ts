/**
 * `memloss doctor`
 *
 * @module
 */
import { join } from "@std/path";
import { type AdapterDescription, describeAdapters, openWebGpu } from "../backend/webgpu/open.ts";
import { missingFeatures } from "../backend/wasm/binaries.ts";
import { openWasm } from "../backend/wasm/open.ts";
import { imageFilesOf, type PublishedSet } from "../data/sets/definition.ts";
import { locateFiles } from "../data/sets/published.ts";
import { DATA_ROOT, findSet, PUBLISHED_SETS } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { switchFlag } from "../recipe/flag.ts";
import { sourceDigest, VERSION } from "../run/program_version.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { type Capacity, capacity } from "../train/preflight.ts";
import { type Command, readArguments, refuseFlags } from "./shell/command.ts";
import { describeTuning, examineTuning } from "./doctor_tuning.ts";
import { printReport } from "./shell/output.ts";

const FLAGS = {
  dataDir: RECIPE_FLAGS.dataDir,
  tuning: switchFlag("tuning", "show instead how convolutions were timed on this machine's GPUs"),
  resetTuning: switchFlag("reset-tuning", "forget these times; they are taken anew when needed"),
  json: switchFlag("json", "print one JSON document on stdout"),
} as const;

export const command: Command = {
  name: "doctor",
  positionals: "",
  summary: "tell what this machine can run, and what is missing",
  flags: FLAGS,
  examples: ["memloss doctor", "memloss doctor --tuning"],
  async run(args) {
    const { flags } = readArguments(args, FLAGS, 0);
    if (flags.tuning || flags.resetTuning) {
      const why = "has no meaning for timings: leave it or --tuning and --reset-tuning out";
      refuseFlags(FLAGS, flags, ["dataDir"], why);
      const report = await examineTuning(flags.resetTuning === true);
      return printReport(report, flags, describeTuning);
    }
    const report = await examine(flags.dataDir ?? DATA_ROOT);
    printReport(report, flags, describe);
  },
};

/** What a device's memory and the data are wanted for: the paper's recipe. */
const PAPER = resolveRecipe({});

interface AdapterReport {
  readonly description: string;
  readonly software: boolean;
  readonly shaderF16: boolean;
  readonly timestampQuery: boolean;
  readonly maxBufferMiB: number;
  readonly maxBindingMiB: number;
  /**
   * What training takes at the paper's width and batch, and the largest batch at that width; or why the adapter gives no
   * device.
   */
  readonly training: { readonly width: number; readonly batchSize: number } & Capacity | string;
}

/** What `doctor --json` prints. */
export interface DoctorReport {
  readonly memloss: { readonly version: string; readonly digest: string };
  readonly deno: string;
  readonly platform: string;
  readonly processors: number;
  /** The CPU engine: how it rounds, and the threads that it takes unless told otherwise. */
  readonly wasm: { readonly arithmetic: string; readonly threads: number };
  readonly webgpu: readonly AdapterReport[];
  /** What `--backend auto` takes. */
  readonly auto: "webgpu" | "wasm";
  /** Whether the files of each published data set are there, by its name. */
  readonly data: { readonly directory: string; readonly [name: string]: string | boolean };
  /** What is missing, each with what to do about it. */
  readonly advice: readonly string[];
}

async function examine(dataDir: string): Promise<DoctorReport> {
  const adapters = await describeAdapters();
  const webgpu: AdapterReport[] = [];
  for (const adapter of adapters) webgpu.push(await examineAdapter(adapter));
  const wasm = await openWasm({});
  const there = new Map<PublishedSet, boolean>();
  for (const set of PUBLISHED_SETS) there.set(set, await isThere(set, dataDir));
  wasm.close();
  const missing = missingFeatures();
  const hardware = webgpu.some(({ software }) => !software);
  const advice = [
    ...missing.map(({ what, consequence }) => `This Deno has no ${what}: ${consequence}.`),
    ...hardware ? [] : [
      webgpu.length > 0
        ? "The only WebGPU adapter is software: train with --backend wasm, or install a GPU's Vulkan driver."
        : "There is no WebGPU adapter: train with --backend wasm, or install a GPU's Vulkan driver.",
    ],
    ...PUBLISHED_SETS.filter((set) => set.name === PAPER.data && !there.get(set))
      .map(({ name, title }) => `${title} is not in ${dataDir}: memloss data fetch ${name}`),
  ];
  return {
    memloss: { version: VERSION, digest: await sourceDigest() },
    deno: Deno.version.deno,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    processors: navigator.hardwareConcurrency,
    wasm: { arithmetic: wasm.adapter, threads: wasm.threads },
    webgpu,
    auto: hardware ? "webgpu" : "wasm",
    data: {
      directory: dataDir,
      ...Object.fromEntries([...there].map(([{ name }, found]) => [name, found])),
    },
    advice,
  };
}

async function examineAdapter(described: AdapterDescription): Promise<AdapterReport> {
  const { description, software, adapter: { features, limits } } = described;
  return {
    description,
    software,
    shaderF16: features.has("shader-f16"),
    timestampQuery: features.has("timestamp-query"),
    maxBufferMiB: roundedMebibytes(limits.maxBufferSize),
    maxBindingMiB: roundedMebibytes(limits.maxStorageBufferBindingSize),
    training: await examineTraining(described),
  };
}

async function examineTraining(adapter: AdapterDescription): Promise<AdapterReport["training"]> {
  try {
    const backend = await openWebGpu(adapter, { tune: false });
    try {
      const need = (await capacity(PAPER, findSet(PAPER.data), backend))!;
      return { width: PAPER.width, batchSize: PAPER.batchSize, ...need };
    } finally {
      backend.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const roundedMebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** Whether the last file of `set` is in `directory`: they are fetched together or not at all. */
async function isThere(set: PublishedSet, directory: string): Promise<boolean> {
  try {
    const last = imageFilesOf(set.splits).at(-1)!;
    return (await Deno.stat(join(await locateFiles(set, directory), last))).isFile;
  } catch (error) {
    if (error instanceof UsageError || error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function describeTraining(training: AdapterReport["training"]): string {
  if (typeof training === "string") return `gives no device: ${training}`;
  const { width, batchSize, bytes, largestBatch } = training;
  const need = Number.isFinite(bytes) ? `takes ${roundedMebibytes(bytes)} MiB` : "does not fit";
  return `training at --width ${width} --batch-size ${batchSize} ${need}; the largest batch is ${largestBatch}`;
}

function describeData({ directory, ...sets }: DoctorReport["data"]): string {
  const there = Object.keys(sets).filter((name) => sets[name]);
  return `${there.join(", ") || "none"} in ${directory}`;
}

function describe(report: DoctorReport): string {
  const yes = (flag: boolean) => flag ? "yes" : "no";
  return [
    `memloss ${report.memloss.version}, Deno ${report.deno}, ${report.platform}, ${report.processors} processors`,
    `wasm    ${report.wasm.arithmetic}, ${report.wasm.threads} threads`,
    ...report.webgpu.map((adapter) =>
      `webgpu  ${adapter.description}${adapter.software ? " (software)" : ""}: ` +
      `shader-f16 ${yes(adapter.shaderF16)}, timestamps ${yes(adapter.timestampQuery)}, ` +
      `buffers up to ${adapter.maxBufferMiB} MiB, bindings up to ${adapter.maxBindingMiB} MiB`
    ),
    ...report.webgpu.map(({ training }) => `        ${describeTraining(training)}`),
    `auto    ${report.auto}`,
    `data    ${describeData(report.data)}`,
    ...report.advice.map((line) => `note    ${line}`),
  ].join("\n");
}
