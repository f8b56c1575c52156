/**
 * The whole story on the built-in data, on any CPU, in minutes: train a standard and a MemLoss V1 model, attack both, and
 * show the table.
 *
 * ```sh
 * deno task demo [--seed N] [--out DIR]
 * ```
 *
 * @module
 */
import { join } from "@std/path";
import { evaluateRun } from "../src/evaluate/evaluate_run.ts";
import type { EvaluationReport } from "../src/evaluate/report.ts";
import { readArguments } from "../src/cli/shell/command.ts";
import { interruptible } from "../src/cli/shell/interrupt.ts";
import { printResult } from "../src/cli/shell/output.ts";
import { commandLine, taskLine } from "../src/cli/shell/program_name.ts";
import { Interrupted } from "../src/errors.ts";
import { formatDuration, formatPercent } from "../src/report/words.ts";
import { continueShown, startShown } from "../src/cli/train_status.ts";
import { textFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS } from "../src/recipe/fields.ts";
import type { RecipeInput } from "../src/recipe/recipe.ts";
import { recipePath } from "../src/run/folder/files.ts";
import { runTask } from "./run_task.ts";

const FLAGS = {
  seed: RECIPE_FLAGS.seed,
  out: textFlag("out", "DIR", "folder of the two runs; default runs/demo"),
} as const;

/** Test images that both models are evaluated on. */
const N_EX = 500;

/** Small enough for two cores: ResNet-18 at a sixteenth of the paper's width. */
const COMMON: RecipeInput = {
  data: "synthetic",
  width: 4,
  batchSize: 32,
  optimiser: { lr: 0.1 },
  select: "none",
  backend: "wasm",
};

const MODELS: readonly RecipeInput[] = [
  { ...COMMON, variant: "standard", optimiser: { lr: 0.15 }, epochs: 15, limitTrain: 2560 },
  {
    ...COMMON,
    variant: "v1",
    epochs: 5,
    limitTrain: 2560,
    // Two steps from the memory's examples: no less robust a model here than by ten from noise, and sooner.
    attack: { start: "memory", steps: 2, stepSize: 4 / 255 },
  },
];

async function demo(args: readonly string[]): Promise<void> {
  const { flags: { seed = 1, out = join("runs", "demo") } } = readArguments(args, FLAGS, 0);
  const started = performance.now();
  const rows: { variant: string; runDir: string; result: EvaluationReport }[] = [];
  await interruptible(async (signal) => {
    for (const recipe of MODELS) {
      const variant = recipe.variant!;
      const runDir = join(out, `${variant}-seed${seed}`);
      const given = { ...recipe, seed };
      await (await isRun(runDir)
        ? continueShown(runDir, { given, signal })
        : startShown(given, runDir, { signal }));
      rows.push({ variant, runDir, result: await evaluateRun(runDir, { limit: N_EX, signal }) });
    }
  }).catch((error) => {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(`${error.message}\nContinue with: ${taskLine("demo", ...args)}`);
  });
  printResult(
    `\n${N_EX} test images of synthetic, L∞ ε = 8/255, seed ${seed}, each model as its last epoch left it\n`,
  );
  printResult(`  model       clean    PGD-20   run folder`);
  for (const { variant, runDir, result } of rows) {
    const [clean, robust] = [result.clean!, result.pgd20!].map(({ accuracy }) =>
      formatPercent(accuracy).padStart(8)
    );
    printResult(`  ${variant.padEnd(9)} ${clean}  ${robust}   ${runDir}`);
  }
  const page = commandLine(
    "report",
    ...rows.map(({ runDir }) => runDir),
    "--out",
    join(out, "demo.html"),
  );
  printResult(
    `\nDone in ${formatDuration((performance.now() - started) / 1000)}. Look at both with: ${page}`,
  );
}

/** An earlier demo's run is continued, which does nothing if it had ended. */
async function isRun(directory: string): Promise<boolean> {
  try {
    return (await Deno.stat(recipePath(directory))).isFile;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  await runTask({
    call: "deno task demo",
    summary:
      "train a standard and a MemLoss V1 model on the built-in data, attack both and show the table; what was trained before is not trained again",
    flags: FLAGS,
    showsProgress: true,
    run: demo,
  });
}
