/**
 * `memloss memory stats|verify`
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../errors.ts";
import { VARIANT_TRAITS } from "../loss/variants.ts";
import {
  type GenerationStats,
  type MemorySettings,
  MemoryStore,
  type Pointer,
} from "../memory/store.ts";
import { switchFlag } from "../recipe/flag.ts";
import { readRunRecord } from "../train/run_folder.ts";
import { type Command, readArguments } from "./command.ts";
import { describeVerification, refuseDamage, verifyRun } from "./memory_verify.ts";
import { formatPercent } from "./terminal.ts";

const FLAGS = {
  json: switchFlag("json", "print one JSON document on stdout"),
  rebuild: switchFlag("rebuild", "verify: make a damaged or lost index anew from the chunks"),
} as const;

export const command: Command = {
  name: "memory",
  positionals: "stats|verify RUN_DIR",
  summary: "look into a run's memory of adversarial examples",
  flags: FLAGS,
  examples: ["memloss memory stats runs/v1 --json", "memloss memory verify runs/v1"],
  async run(args) {
    const { flags, positionals: [action, runDir] } = readArguments(args, FLAGS, 2);
    if (action !== "stats" && action !== "verify" || runDir === undefined) {
      throw new UsageError(
        "Say what to do with which memory: memloss memory stats RUN_DIR, or memloss memory verify RUN_DIR.",
      );
    }
    if (flags.rebuild && action !== "verify") {
      throw new UsageError("--rebuild belongs to memloss memory verify RUN_DIR.");
    }
    await refuseWithoutMemory(runDir);
    if (action === "verify") {
      const report = await verifyRun(runDir, flags.rebuild === true);
      console.log(flags.json ? JSON.stringify(report, null, 2) : describeVerification(report));
      refuseDamage(runDir, report);
      return;
    }
    const stats = await memoryStats(runDir);
    console.log(flags.json ? JSON.stringify(stats, null, 2) : describeStats(stats));
  },
};

/** What `memory stats --json` prints. */
export interface MemoryReport extends MemorySettings {
  /** What the last commit made current; null before the first. */
  readonly current: Pointer | null;
  readonly generations: readonly GenerationStats[];
}

async function refuseWithoutMemory(runDir: string): Promise<void> {
  const { recipe: { variant } } = await readRunRecord(runDir);
  if (VARIANT_TRAITS[variant].passes.includes("mem")) return;
  throw new UsageError(`${runDir} is a run of ${variant}, which has no memory.`);
}

async function memoryStats(runDir: string): Promise<MemoryReport> {
  const store = await MemoryStore.openReadOnly(join(runDir, "memory"));
  try {
    return {
      ...store.settings,
      current: store.current() ?? null,
      generations: await store.stats(),
    };
  } finally {
    await store.close();
  }
}

function describeStats({ codec, epsilon, imageCount, current, generations }: MemoryReport): string {
  const position = current === null
    ? "nothing committed yet"
    : `epoch ${current.epoch}${
      current.complete ? "" : `, step ${current.step}`
    }, ${current.checkpoint}`;
  return [
    `codec ${codec}, ε = ${
      (255 * epsilon).toFixed(2)
    }/255, ${imageCount} training images; ${position}`,
    ...generations.map((generation) =>
      `  epoch ${generation.epoch}: ${generation.examples} examples ` +
      `(${formatPercent(generation.coverage)} of the images), ` +
      `${(generation.bytes / 2 ** 20).toFixed(1)} MiB, ` +
      `mean |δ| ${generation.meanAbsoluteDelta.toFixed(2)}/255, ` +
      `${formatPercent(generation.boundaryShare)} at the boundary`
    ),
  ].join("\n");
}
