/**
 * The first minutes on a GPU: whether everything is right there, and how fast it is, beside PyTorch on the same GPU.
 *
 * ```sh
 * deno task gpu-check --minutes 13 --out DIR [--data-dir DIR] [--python FILE] [--stages NAME,…] [--rehearse]
 * ```
 *
 * Every stage is a process of its own, which is killed when its time is over. What it finds is in `DIR/STAGE.json` at
 * once, what it prints in `DIR/STAGE.log`; `DIR/summary.json` and `DIR/summary.md` are made anew after each stage.
 * `--rehearse` does all of it in miniature, for a software device.
 *
 * @module
 */
import { resolve } from "@std/path";
import { readArguments } from "../src/cli/shell/command.ts";
import { RunError, UsageError } from "../src/errors.ts";
import { main, report } from "../src/main.ts";
import { numberFlag, switchFlag, textFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS } from "../src/recipe/fields.ts";
import { type CheckOptions, Missing, Notebook } from "./gpu_check/context.ts";
import { killStage, type Outcome, runStage } from "./gpu_check/run_stage.ts";
import { type Stage, STAGES } from "./gpu_check/stages.ts";
import { writeSummary } from "./gpu_check/summary.ts";
import { watchGpu } from "./gpu_check/watch.ts";
import { runTask, type Task } from "./run_task.ts";

const FLAGS = {
  minutes: numberFlag("minutes", "time for all stages together; default 13", 0.1),
  out: textFlag("out", "DIR", "new folder for everything that is found (required)"),
  dataDir: RECIPE_FLAGS.dataDir,
  python: textFlag("python", "FILE", "Python with PyTorch; default python3"),
  stages: textFlag("stages", "NAME,…", "only these, in their order; default all"),
  rehearse: switchFlag("rehearse", "everything tiny, for a software device; PyTorch on the CPU"),
} as const;

const CHECK: Task = {
  call: "deno task gpu-check --out DIR",
  summary:
    "say whether everything is right on this GPU, and how fast it is, beside PyTorch on the same",
  flags: FLAGS,
  run: check,
};

/** The share of the time that no stage has: Deno's start, the last summary, and a stage that is slow to die. */
const RESERVED = 0.02;

async function check(args: readonly string[]): Promise<void> {
  const { flags } = readArguments(args, FLAGS, 0);
  const { minutes = 13, out, python = "python3", dataDir, rehearse = false } = flags;
  if (out === undefined) throw new UsageError("--out DIR says where to write what is found.");
  const chosen = chosenStages(flags.stages);
  const options: CheckOptions = {
    ...{ out: resolve(out), python, rehearse },
    ...dataDir !== undefined && { dataDir: resolve(dataDir) },
  };
  try {
    await Deno.mkdir(options.out);
  } catch (error) {
    throw new UsageError(`--out must name a new folder: ${(error as Error).message}`);
  }
  const end = 60_000 * minutes * (1 - RESERVED); // since this process has begun
  using watch = watchGpu(options.out);
  stopWhenTold(watch);
  const outcomes: Outcome[] = [];
  let shares = chosen.reduce((sum, [, { share }]) => sum + share, 0);
  for (const [name, { share, title }] of chosen) {
    const limit = Math.max(1, (end - performance.now()) / 1000 * share / shares);
    shares -= share;
    console.log(`== ${name}: ${title}, at most ${limit.toFixed(0)} s`);
    const outcome = await runStage(name, options, limit);
    outcomes.push(outcome);
    console.log(`== ${name}: ${outcome.ended} after ${outcome.seconds.toFixed(1)} s`);
    if (outcome.why !== undefined) console.log(`   ${outcome.why}`);
    await writeSummary(options, outcomes).catch((error) => {
      console.log(`The summary could not be written: ${error.message}`); // the stages are worth more
    });
  }
  const ended = (what: Outcome["ended"]) => outcomes.filter((each) => each.ended === what).length;
  console.log(
    `${ended("done")} stages done, ${ended("missing")} lack something, ${
      ended("stopped")
    } stopped, ` +
      `${ended("failed")} failed: ${options.out}/summary.md`,
  );
  if (ended("failed") > 0) throw new RunError(`${ended("failed")} stages failed.`);
  if (rehearse && ended("done") < outcomes.length) throw new RunError("A stage was not done.");
}

/** The stages that `names` lists. */
function chosenStages(names: string | undefined): [string, Stage][] {
  const all = Object.entries(STAGES), named = names?.split(",");
  const unknown = named?.find((name) => !Object.hasOwn(STAGES, name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--stages names "${unknown}": there are ${Object.keys(STAGES).join(", ")}.`,
    );
  }
  return all.filter(([name]) => named?.includes(name) ?? true);
}

/** Ends with the stage that runs, which leads a process group of its own and would go on, and with `watch`. */
function stopWhenTold(watch: Disposable): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      killStage();
      watch[Symbol.dispose]();
      Deno.exit(130);
    });
  }
}

/** Runs one stage, in its own process. */
async function stage(name: string, context: string): Promise<void> {
  const notebook = new Notebook(name, JSON.parse(context));
  try {
    await notebook.note("seconds", notebook.context.seconds); // a file, however soon it is killed
    const { run } = await STAGES[name]!.load();
    await run(notebook);
    await notebook.note("finished", true);
  } catch (error) {
    const { message } = error as Error;
    await notebook.note(error instanceof Missing ? "missing" : "error", message);
    if (!(error instanceof Missing)) throw error;
    console.log(message);
  }
}

if (import.meta.main) {
  const [first, ...rest] = Deno.args;
  try {
    if (first === "program") Deno.exit(await main(rest));
    else if (first === "stage") await stage(rest[0]!, rest[1]!);
    else await runTask(CHECK);
    Deno.exit(0);
  } catch (error) {
    Deno.exit(report(error, first === "stage"));
  }
}
