/**
 * `memloss memory stats|verify|export|import|gc`
 *
 * @module
 */
import { integerFlag, ofRun, switchFlag, textFlag } from "../recipe/flag.ts";
import { RECIPE_FLAGS } from "../recipe/fields.ts";
import {
  describeExport,
  describeGarbage,
  describeImport,
  describeMemoryVerification,
  describeStats,
} from "../report/memory_text.ts";
import { collectGarbage } from "../upkeep/collect_garbage.ts";
import { exportMemory } from "../upkeep/export_memory.ts";
import { importMemory } from "../upkeep/import_memory.ts";
import { type MemoryRun, readMemoryRun } from "../upkeep/memory_run.ts";
import { memoryStats } from "../upkeep/memory_stats.ts";
import { refuseDamage, verifyRunMemory } from "../upkeep/verify_memory.ts";
import { type Action, actionCommand } from "./shell/actions.ts";
import { type FlagValues, refuseFlags } from "./shell/command.ts";
import { refuseDeviceFlags } from "./shell/device_flags.ts";
import { printReport } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";
import { SUMMARIES } from "./summaries.ts";

const { dataDir, auxData, backend, workers, memoryIndex } = RECIPE_FLAGS;

const FLAGS = {
  misclassified: switchFlag("misclassified", "stats: also the share that the model gets wrong"),
  rebuild: switchFlag("rebuild", "verify: make a damaged or lost index anew from the chunks"),
  out: textFlag(
    "out",
    "FILE",
    "export: .safetensors for x'', or .png for a contact sheet of clean, memory and difference",
  ),
  epoch: integerFlag("epoch", "export: the epoch that made the examples; default the newest", 1),
  nEx: integerFlag("n-ex", "export: the first N examples; default all, in a .png 20", 1),
  overwrite: OVERWRITE,
  json: switchFlag("json", "print one JSON document on stdout"),
  dataDir: ofRun(dataDir),
  auxData: ofRun(auxData),
  backend: ofRun(backend),
  workers: ofRun(workers),
  memoryIndex,
} as const;

type MemoryFlags = FlagValues<typeof FLAGS>;

export const command = actionCommand({
  name: "memory",
  question: "Say what to do with which memory",
  positionals: "stats|verify|export|import|gc RUN_DIR [FILE]",
  summary: SUMMARIES.memory,
  flags: FLAGS,
  actions: {
    stats: onRun(["misclassified", "dataDir", "auxData", "backend", "workers", "memoryIndex"], {
      async act(run, flags) {
        if (!flags.misclassified) {
          const fields = ["dataDir", "auxData", "backend", "workers"] as const;
          refuseFlags(FLAGS, flags, fields, "has no meaning without --misclassified");
        }
        refuseDeviceFlags(flags);
        printReport(await memoryStats(run, flags), flags, describeStats);
      },
    }),
    verify: onRun(["rebuild", "memoryIndex"], {
      async act({ runDir }, flags) {
        const report = await verifyRunMemory(runDir, flags);
        printReport(report, flags, describeMemoryVerification);
        refuseDamage(runDir, report);
      },
    }),
    export: onRun(["out", "overwrite", "epoch", "nEx", "dataDir", "auxData", "memoryIndex"], {
      async act(run, flags) {
        // A file without a name is refused as one of no known kind.
        const { out = "", nEx: limit, ...rest } = flags;
        printReport(await exportMemory(run, { out, limit, ...rest }), flags, describeExport);
      },
    }),
    import: onRun(["dataDir", "auxData"], {
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
  flags: readonly (keyof typeof FLAGS)[],
  { operand, act }: RunAction,
): Action<typeof FLAGS> {
  return {
    operands: ["RUN_DIR", ...operand === undefined ? [] : [operand]],
    flags: ["json", ...flags],
    async act(given, [runDir = "", operand = ""]) {
      await act(await readMemoryRun(runDir), given, operand);
    },
  };
}
