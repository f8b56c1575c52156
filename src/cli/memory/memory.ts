/**
 * `memloss memory stats|verify|export|import|gc`
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { readRunRecord } from "../../run/run_folder.ts";
import { type Command, readArguments } from "../shell/command.ts";
import { describeExport, exportMemory } from "./export.ts";
import { collectGarbage, describeGarbage } from "./gc.ts";
import { describeImport, importMemory } from "./import.ts";
import { MEMORY_FLAGS, type MemoryFlags, type MemoryRun } from "./run.ts";
import { describeStats, memoryStats } from "./stats.ts";
import { describeVerification, refuseDamage, verifyRun } from "./verify.ts";

interface Action {
  /** What stands behind the run folder. */
  readonly operand?: string;
  /** The flags that it has beside --json. */
  readonly flags: readonly (keyof typeof MEMORY_FLAGS)[];
  act(run: MemoryRun, flags: MemoryFlags, operand: string): Promise<void>;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  stats: {
    flags: ["misclassified", "dataDir", "backend", "workers", "memoryIndex"],
    async act(run, flags) {
      print(await memoryStats(run, flags), flags, describeStats);
    },
  },
  verify: {
    flags: ["rebuild", "memoryIndex"],
    async act({ runDir }, flags) {
      const report = await verifyRun(runDir, flags.rebuild === true, flags.memoryIndex);
      print(report, flags, describeVerification);
      refuseDamage(runDir, report);
    },
  },
  export: {
    flags: ["out", "epoch", "nEx", "dataDir", "memoryIndex"],
    async act(run, flags) {
      print(await exportMemory(run, flags), flags, describeExport);
    },
  },
  import: {
    operand: "FILE.safetensors",
    flags: ["dataDir"],
    async act(run, flags, file) {
      print(await importMemory(run, file, flags), flags, describeImport);
    },
  },
  gc: {
    flags: [],
    async act({ runDir }, flags) {
      print(await collectGarbage(runDir), flags, describeGarbage);
    },
  },
};

export const command: Command = {
  name: "memory",
  positionals: `${Object.keys(ACTIONS).join("|")} RUN_DIR [FILE]`,
  summary: "look into a run's memory of adversarial examples, check it, copy it out and in",
  flags: MEMORY_FLAGS,
  examples: [
    "memloss memory stats runs/v1 --misclassified",
    "memloss memory verify runs/v1",
    "memloss memory export runs/v1 --out memory.png",
    "memloss memory import runs/v1 memory.safetensors",
  ],
  async run(args) {
    const { flags, positionals: [name = "", runDir, operand] } = readArguments(
      args,
      MEMORY_FLAGS,
      3,
    );
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined || runDir === undefined) {
      throw new UsageError(
        `Say what to do with which memory: memloss memory ${
          Object.keys(ACTIONS).join("|")
        } RUN_DIR.`,
      );
    }
    if ((operand === undefined) !== (action.operand === undefined)) {
      const usage = ["memloss memory", name, "RUN_DIR", action.operand].join(" ").trim();
      throw new UsageError(
        operand ? `Unexpected argument "${operand}": ${usage}` : `Name a file: ${usage}`,
      );
    }
    for (const field of Object.keys(flags) as (keyof typeof MEMORY_FLAGS)[]) {
      if (field === "json" || action.flags.includes(field)) continue;
      throw new UsageError(
        `--${MEMORY_FLAGS[field].name} has no meaning for memloss memory ${name}.`,
      );
    }
    const { recipe } = await readRunRecord(runDir);
    const { memory } = recipe;
    if (memory === undefined) {
      throw new UsageError(`${runDir} is a run of ${recipe.variant}, which has no memory.`);
    }
    await action.act({ runDir, recipe: { ...recipe, memory } }, flags, operand ?? "");
  },
};

function print<T>(report: T, { json }: MemoryFlags, describe: (report: T) => string): void {
  console.log(json ? JSON.stringify(report, null, 2) : describe(report));
}
