/**
 * `memloss memory stats|verify|export|import|gc`
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { readRunRecord } from "../../run/run_folder.ts";
import { type Action, actionCommand } from "../shell/actions.ts";
import { refuseFlags } from "../shell/command.ts";
import { refuseDeviceFlags } from "../shell/device_flags.ts";
import { printReport } from "../shell/output.ts";
import { describeExport, exportMemory } from "./export.ts";
import { collectGarbage, describeGarbage } from "./gc.ts";
import { describeImport, importMemory } from "./import.ts";
import { MEMORY_ACTION_FLAGS, type MemoryFlags, type MemoryRun } from "./run.ts";
import { describeStats, memoryStats } from "./stats.ts";
import { describeMemoryVerification, refuseDamage, verifyRun } from "./verify.ts";

export const command = actionCommand({
  name: "memory",
  question: "Say what to do with which memory",
  positionals: "stats|verify|export|import|gc RUN_DIR [FILE]",
  summary: "look into a run's memory of adversarial examples, check it, copy it out and in",
  flags: MEMORY_ACTION_FLAGS,
  actions: {
    stats: onRun(["misclassified", "dataDir", "backend", "workers", "memoryIndex"], {
      async act(run, flags) {
        if (!flags.misclassified) {
          const fields = ["dataDir", "backend", "workers"] as const;
          refuseFlags(MEMORY_ACTION_FLAGS, flags, fields, "has no meaning without --misclassified");
        }
        refuseDeviceFlags(flags);
        printReport(await memoryStats(run, flags), flags, describeStats);
      },
    }),
    verify: onRun(["rebuild", "memoryIndex"], {
      async act({ runDir }, flags) {
        const report = await verifyRun(runDir, flags.rebuild === true, flags.memoryIndex);
        printReport(report, flags, describeMemoryVerification);
        refuseDamage(runDir, report);
      },
    }),
    export: onRun(["out", "overwrite", "epoch", "nEx", "dataDir", "memoryIndex"], {
      async act(run, flags) {
        printReport(await exportMemory(run, flags), flags, describeExport);
      },
    }),
    import: onRun(["dataDir"], {
      operand: "FILE.safetensors",
      async act(run, flags, file) {
        printReport(await importMemory(run, file, flags), flags, describeImport);
      },
    }),
    gc: onRun([], {
      async act({ runDir }, flags) {
        printReport(await collectGarbage(runDir), flags, describeGarbage);
      },
    }),
  },
  examples: [
    "memloss memory stats runs/v1 --misclassified",
    "memloss memory verify runs/v1",
    "memloss memory export runs/v1 --out memory.png",
    "memloss memory import runs/v1 memory.safetensors",
  ],
});

/** What is done with the memory of a run. */
interface RunAction {
  /** What stands behind the run folder. */
  readonly operand?: string;
  act(run: MemoryRun, flags: MemoryFlags, operand: string): Promise<void>;
}

/** An action on a run, with its flags beside --json. */
function onRun(
  flags: readonly (keyof typeof MEMORY_ACTION_FLAGS)[],
  { operand, act }: RunAction,
): Action<typeof MEMORY_ACTION_FLAGS> {
  return {
    operands: ["RUN_DIR", ...operand === undefined ? [] : [operand]],
    flags: ["json", ...flags],
    async act(given, [runDir = "", operand = ""]) {
      const { recipe } = await readRunRecord(runDir), { memory } = recipe;
      if (memory === undefined) {
        throw new UsageError(`${runDir} is a run of ${recipe.variant}, which has no memory.`);
      }
      await act({ runDir, recipe: { ...recipe, memory } }, given, operand);
    },
  };
}
