/**
 * The V1 step in turns with PyTorch's on the same GPU, in its precisions and memory formats.
 *
 * @module
 */
import { closeEngines, guardAll, openEngines } from "../../../src/bench/engines.ts";
import { V1Step } from "../../../src/bench/v1_step.ts";
import { median } from "../../../src/bench/statistics.ts";
import { PyTorch } from "../../bench/pytorch.ts";
import { openAdapter } from "../adapter.ts";
import { Missing, type Notebook } from "../context.ts";
import { besideTheCheck } from "../processes.ts";

/** What PyTorch's process says of itself. */
interface Start {
  readonly version: string;
  /** Names of what is compared in turns, round after round. */
  readonly rounds: readonly (readonly string[])[];
}

const DEVICE = `
import torch
print("cuda" if torch.cuda.is_available() else "cpu")
`;

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const device = await deviceOf(notebook);
  const { sizes: { width, batchSize, pairs }, context: { python, rehearse } } = notebook;
  const pytorch = new PyTorch(besideTheCheck("gpu_check/pytorch_step.py"), python);
  const seconds: Record<string, number[]> = {};
  try {
    const start = await pytorch.ask<Start>({ device, width, batchSize });
    await notebook.note("pytorch", start);
    await openAdapter(notebook);
    const engines = await openEngines(false, { tune: !rehearse });
    const ours = new V1Step(engines.ours.backend, width, batchSize);
    await guardAll(engines, ours.run());
    const measure = async (contender: string, counts: boolean): Promise<boolean> => {
      const { step } = await guardAll(engines, ours.run());
      const answer = await pytorch.ask<{ step?: number; error?: string }>({ contender });
      if (answer.step === undefined) {
        await notebook.add("failed", { contender, error: answer.error });
        console.log(`PyTorch, ${contender}: ${answer.error}`);
        return false;
      }
      if (!counts) return true;
      (seconds[contender] ??= []).push(answer.step);
      (seconds.ours ??= []).push(step);
      await notebook.note("seconds", seconds);
      const ratio = (answer.step / step).toFixed(2);
      const theirs = `PyTorch, ${contender}: ${answer.step.toFixed(3)} s`;
      console.log(`ours ${step.toFixed(3)} s, ${theirs}, ${ratio} times as long`);
      return true;
    };
    for (const round of start.rounds) {
      let able = round;
      for (let pair = 0; pair <= pairs; pair++) { // the first is a warm-up
        const left = [];
        for (const contender of able) if (await measure(contender, pair > 0)) left.push(contender);
        able = left;
      }
    }
    const rates = Object.entries(seconds).map(([name, each]) => [name, batchSize / median(each)]);
    await notebook.note("imagesPerSecond", Object.fromEntries(rates));
    ours.dispose();
    closeEngines(engines);
  } finally {
    await pytorch.close();
  }
}

/**
 * Where PyTorch computes: `cuda`, or in a rehearsal the CPU.
 *
 * @throws {Missing} if there is no Python, no PyTorch or no CUDA
 */
export async function deviceOf({ context: { python, rehearse } }: Notebook): Promise<string> {
  let said: Deno.CommandOutput;
  try {
    said = await new Deno.Command(python, { args: ["-c", DEVICE] }).output();
  } catch (error) {
    throw new Missing(`${python} cannot be run: ${(error as Error).message}`);
  }
  if (!said.success) {
    const why = new TextDecoder().decode(said.stderr).trim().split("\n").at(-1);
    throw new Missing(`${python} has no PyTorch that works: ${why}`);
  }
  const device = new TextDecoder().decode(said.stdout).trim();
  if (device !== "cuda" && !rehearse) {
    throw new Missing(`${python}'s PyTorch finds no CUDA device.`);
  }
  return device;
}
