/**
 * AutoAttack on the network that was trained, and APGD-CE in turns with PyTorch's on the same GPU.
 *
 * @module
 */
import { join } from "@std/path";
import { openWebGpu } from "../../../src/backend/webgpu/open.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { readWeightsSubject } from "../../../src/run/subject.ts";
import { PyTorch } from "../../bench/pytorch.ts";
import { type ApgdRun, compareApgd } from "../../bench_apgd.ts";
import { openAdapter } from "../adapter.ts";
import { Missing, type Notebook } from "../context.ts";
import { besideTheCheck, memloss } from "../processes.ts";
import { deviceOf } from "./pytorch.ts";

/** AutoAttack's share of the time; the comparison has the rest. */
const OURS = 0.6;

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  const adapter = await openAdapter(notebook);
  const { sizes: { attacked, compared, pairs }, context: { out, rehearse } } = notebook;
  const target = join(out, "v1");
  const subject = await readWeightsSubject(target, "last").catch(() => {
    throw new Missing("The stage before left no trained network.");
  });
  await attackInFull(notebook, target, attacked);

  const device = await deviceOf(notebook); // throws where there is no PyTorch
  const recipe = resolveRecipe(subject.run!.recipe);
  const backend = await openWebGpu(adapter, { tune: !rehearse });
  const { python } = notebook.context;
  const pytorch = new PyTorch(besideTheCheck("bench_apgd.py"), python);
  try {
    await backend.guard(compareApgd({
      ...{ target, recipe, nEx: compared, pairs, backend, pytorch },
      settings: { device, threads: 1 },
      onStart: (version) => console.log(`APGD-CE in turns with PyTorch ${version} on ${device}`),
      async onPair(_, ours, theirs) {
        await notebook.add("apgd", { ours, pytorch: theirs });
        console.log(`ours ${describe(ours)}; PyTorch ${describe(theirs)}`);
      },
    }));
  } finally {
    await pytorch.close();
    backend.close();
  }
}

/** All four members, as far as the time goes: what was attacked stays in `autoattack-state`. */
async function attackInFull(notebook: Notebook, target: string, n: number): Promise<void> {
  const { out, rehearse } = notebook.context;
  const small = ["--attack-version", "custom", "--iterations", "2", "--queries", "4"];
  const started = performance.now();
  const { code, stdout } = await memloss([
    ...["eval", target, "--attack", "clean,autoattack", "--n-ex", `${n}`, "--checkpoint", "last"],
    ...["--backend", "webgpu", "--json"],
    ...rehearse ? [...small, "--attacks-to-run", "apgd-ce,square", "--no-tune"] : [],
  ], OURS * notebook.secondsLeft());
  const seconds = (performance.now() - started) / 1000;
  if (code === 0) {
    const { clean, autoattack } = JSON.parse(stdout);
    await notebook.note("full", { seconds, clean, autoattack });
    console.log(`AutoAttack leaves ${autoattack.correct} of ${n} in ${seconds.toFixed(0)} s`);
  } else if (code === 130 || code === 143) {
    await notebook.note("full", {
      seconds,
      interrupted: `${n} images take longer than the stage has for them`,
    });
    console.log(`AutoAttack on ${n} images was not over after ${seconds.toFixed(0)} s`);
  } else throw new Error(`memloss eval ended with exit code ${code}; see ${out}.`);
}

function describe({ attacked, robust, passes, seconds }: ApgdRun): string {
  const rate = (count: number) => (count / seconds).toFixed(0);
  return `${attacked} attacked, ${robust} robust, ${rate(attacked)} images/s, ${
    rate(passes)
  } passes/s`;
}
