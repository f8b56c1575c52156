/**
 * `memloss doctor --json`, and what the machine says of its GPU and of PyTorch.
 *
 * @module
 */
import type { Notebook } from "../context.ts";
import { memloss } from "../processes.ts";

const ASK_TORCH = `
import sys, torch
cuda = torch.cuda.is_available()
print("Python", sys.version.split()[0] + ", torch", torch.__version__ + ",",
      torch.cuda.get_device_name(0) if cuda else "no CUDA")
`;

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const { dataDir, python } = notebook.context;
  await notebook.note("nvidiaSmi", await said("nvidia-smi", ["-L"]));
  await notebook.note("python", await said(python, ["-c", ASK_TORCH]));
  const flags = dataDir === undefined ? [] : ["--data-dir", dataDir];
  const { code, stdout } = await memloss(["doctor", "--json", ...flags], notebook.secondsLeft());
  if (code !== 0) throw new Error(`memloss doctor ended with exit code ${code}.`);
  const report = JSON.parse(stdout);
  await notebook.note("doctor", report);
  for (const { description } of report.webgpu) console.log(`WebGPU: ${description}`);
  for (const advice of report.advice) console.log(advice);
}

/** What a program prints, or why it cannot be asked. */
async function said(program: string, args: readonly string[]): Promise<string> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] })
      .output();
    const text = new TextDecoder().decode(success ? stdout : stderr).trim();
    const answer = success ? text : `${program} failed: ${text.split("\n").at(-1)}`;
    console.log(answer);
    return answer;
  } catch (error) {
    const answer = `${program} cannot be run: ${(error as Error).message}`;
    console.log(answer);
    return answer;
  }
}
