/**
 * Makes the pack and rehearses `gpu-check` from it on a software GPU, in miniature, with all hidden that a bare machine
 * lacks: network, home, this project, Deno, Vulkan's loader. Fails unless every stage left its figures.
 *
 * ```sh
 * deno task gpu-rehearsal
 * ```
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { RunError } from "../src/errors.ts";
import { report } from "../src/main.ts";
import { makePack } from "./gpu_pack/make.ts";
import { findLibraries } from "./gpu_pack/libraries.ts";
import { bareMachine } from "./gpu_rehearsal/bare_machine.ts";
import { faultsOf } from "./gpu_rehearsal/figures.ts";

const ROOT = resolve(import.meta.dirname!, "..");
/** Debian's, which has PyTorch in CI. */
const PYTHON = "/usr/bin/python3";
/** It is done in two; a share of this is enough for a stage on a machine that is very busy. */
const TIME = ["--minutes", "60"];

async function rehearse(folder: string): Promise<void> {
  const sizes = await makePack(join(folder, "pack"));
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  console.log(`The pack has ${(total / 2 ** 20).toFixed(1)} MiB.`);
  const home = join(folder, "home"), results = join(folder, "results");
  await Deno.mkdir(home);
  const loader = (await findLibraries()).get("libvulkan.so.1")!;
  const machine = await bareMachine(
    [join(folder, "pack", "start.sh"), "--rehearse", ...TIME, "--python", PYTHON, "--out", results],
    { home, hidden: [ROOT, Deno.execPath(), loader] },
  );
  const { success } = await machine.output();
  const faults = await faultsOf(results);
  if (!success) faults.unshift("it did not end well");
  if (faults.length > 0) throw new RunError(`The rehearsal failed: ${faults.join("; ")}.`);
  console.log("Every stage left its figures.");
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "memloss-rehearsal-" });
  let code = 0;
  try {
    await rehearse(folder);
  } catch (error) {
    code = report(error, false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  Deno.exit(code);
}
