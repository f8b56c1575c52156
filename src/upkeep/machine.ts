/**
 * This machine: what it can run, what is missing, and what tuners have measured on it.
 *
 * @module
 */
import { missingFeatures } from "../backend/wasm/binaries.ts";
import { openWasm } from "../backend/wasm/open.ts";
import { type AdapterDescription, describeAdapters, openWebGpu } from "../backend/webgpu/open.ts";
import { type TuningEntry, tuningPath, TuningStore } from "../backend/webgpu/tuning/store.ts";
import type { PublishedSet } from "../data/sets/definition.ts";
import { isThere } from "../data/sets/published.ts";
import { findPublished, PUBLISHED_SETS } from "../data/sets/sets.ts";
import { describeDatabaseFault } from "../disk/database_check.ts";
import { freeBytes } from "../disk/free_space.ts";
import { advised } from "../format/command_line.ts";
import { resolveRecipe } from "../recipe/resolve.ts";
import { thisProgram } from "../run/program_version.ts";
import { type Capacity, capacity } from "../train/preflight.ts";

/** What a device's memory and the data are wanted for: the paper's recipe. */
const PAPER = resolveRecipe({});

export interface AdapterReport {
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

/** What this machine can run, as `doctor --json` prints it. */
export interface MachineReport {
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
  /** The folder that runs are made in, and the bytes that are free there; null where the program may not ask. */
  readonly disk: { readonly directory: string; readonly freeBytes: number | null };
  /** The database of timings; null where there is no place for one. What is wrong with it, if anything is. */
  readonly tuning: { readonly path: string | null; readonly fault?: string };
  /** What is missing, each with what to do about it. */
  readonly advice: readonly string[];
}

/**
 * Finds out what this machine has for the paper's recipe: engines, adapters and the memory that they give, data in `dataDir`.
 */
export async function examineMachine(dataDir: string): Promise<MachineReport> {
  const adapters = await describeAdapters();
  const webgpu: AdapterReport[] = [];
  for (const adapter of adapters) webgpu.push(await examineAdapter(adapter));
  const wasm = await openWasm({});
  const there = new Map<PublishedSet, boolean>();
  for (const set of PUBLISHED_SETS) there.set(set, await isThere(set, dataDir));
  wasm.close();
  const missing = missingFeatures(), tuning = await examineTuningStore();
  const hardware = webgpu.some(({ software }) => !software);
  const advice = [
    ...tuning.fault === undefined ? [] : [
      `The timings in ${tuning.path} cannot be used (${tuning.fault}): ${
        advised("doctor", "--reset-tuning")
      } removes them`,
    ],
    ...missing.map(({ what, consequence }) => `This Deno has no ${what}: ${consequence}.`),
    ...hardware ? [] : [
      webgpu.length > 0
        ? "The only WebGPU adapter is software: train with --backend wasm, or install a GPU's Vulkan driver."
        : "There is no WebGPU adapter: train with --backend wasm, or install a GPU's Vulkan driver.",
    ],
    ...PUBLISHED_SETS.filter((set) => set.name === PAPER.data && !there.get(set))
      .map(({ name, title }) =>
        `${title} is not in ${dataDir}: ${
          advised("data", "fetch", name, "--data-dir", dataDir)
        } gets it`
      ),
  ];
  return {
    memloss: await thisProgram(),
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
    disk: { directory: ".", freeBytes: await freeBytes(".").catch(() => null) },
    tuning,
    advice,
  };
}

async function examineTuningStore(): Promise<MachineReport["tuning"]> {
  const path = await tuningPath();
  if (path === undefined) return { path: null };
  const fault = await describeDatabaseFault(path).catch((error) => (error as Error).message);
  return { path, ...fault !== undefined && { fault } };
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
      const need = (await capacity(PAPER, findPublished(PAPER.data), backend))!;
      return { width: PAPER.width, batchSize: PAPER.batchSize, ...need };
    } finally {
      backend.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const roundedMebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** What tuners have measured on this machine, as `doctor --tuning --json` prints it. */
export interface TuningReport {
  /** The database; null where this user has no cache directory that the program may use. */
  readonly path: string | null;
  readonly entries: readonly TuningEntry[];
}

/** Reads the measurements, after removing them all if `reset`; `onNote` is told why they cannot be read or kept. */
export async function examineTuning(
  reset: boolean,
  onNote: (note: string) => void,
): Promise<TuningReport> {
  const path = await tuningPath();
  const store = new TuningStore(path, onNote);
  if (reset) await store.clear();
  return { path: path ?? null, entries: await store.list() };
}
