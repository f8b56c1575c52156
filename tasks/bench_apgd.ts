/**
 * APGD-CE of the CPU engine against PyTorch's, in turns: the same weights, the same test images, 100 iterations, only the
 * images that are classified correctly.
 *
 * ```sh
 * deno task bench:apgd runs/v1 --data-dir DIR --n-ex 256 --pairs 3
 * ```
 *
 * PyTorch is Debian's (`python3-torch`), in whichever of its memory formats is faster; it attacks a batch to the end, as
 * the published code does. Ours puts the next image in the place of one that is broken. A small `--attack-eps` breaks
 * few, and compares the networks alone.
 *
 * @module
 */
import { join } from "@std/path";
import { createMember } from "../src/attack/autoattack/members.ts";
import { PUBLISHED_EFFORT } from "../src/attack/autoattack/versions.ts";
import { runSearches } from "../src/attack/autoattack/lanes.ts";
import { Oracle } from "../src/attack/autoattack/oracle.ts";
import type { SearchState } from "../src/attack/autoattack/search_state.ts";
import type { Backend } from "../src/backend/backend.ts";
import { openBackend } from "../src/backend/open.ts";
import { readArguments } from "../src/cli/shell/command.ts";
import { asClassified } from "../src/bench/classified.ts";
import { architectureOf, freezeSubject } from "../src/evaluate/frozen_subject.ts";
import { readWeightsSubject } from "../src/run/subject.ts";
import { firstIndices, loadBatch } from "../src/data/batches.ts";
import { loadSplit } from "../src/data/sets/sets.ts";
import { UsageError } from "../src/errors.ts";
import { integerFlag } from "../src/recipe/flag.ts";
import { RECIPE_FLAGS, recipeInput } from "../src/recipe/fields.ts";
import type { Recipe } from "../src/recipe/recipe.ts";
import { resolveRecipe, withFields } from "../src/recipe/resolve.ts";
import { PyTorch } from "./bench/pytorch.ts";
import { formatSpread } from "../src/bench/statistics.ts";
import { runTask } from "./run_task.ts";

const FLAGS = {
  data: RECIPE_FLAGS.data,
  dataDir: RECIPE_FLAGS.dataDir,
  attackEps: RECIPE_FLAGS.attackEps,
  batchSize: RECIPE_FLAGS.batchSize,
  seed: RECIPE_FLAGS.seed,
  nEx: integerFlag("n-ex", "test images; default 256", 1),
  pairs: integerFlag("pairs", "attacks of each side; default 3", 1),
  threads: integerFlag("threads", "threads that both compute with; default 2", 1),
} as const;

/** One attack. */
export interface ApgdRun {
  readonly attacked: number;
  /** How many stayed classified correctly. */
  readonly robust: number;
  readonly seconds: number;
  /** Forward and backward passes of images; PyTorch's attack makes them for broken images too. */
  readonly passes: number;
}

/** What is attacked, and by whom. */
export interface ApgdComparison {
  /** A run folder or a file of weights. */
  readonly target: string;
  readonly recipe: Recipe;
  readonly nEx: number;
  readonly pairs: number;
  readonly backend: Backend;
  /** PyTorch's process, and the settings that it is given besides. */
  readonly pytorch: PyTorch;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Told PyTorch's version. */
  readonly onStart: (version: string) => void;
  /** Told each pair of attacks. */
  readonly onPair: (pair: number, ours: ApgdRun, pytorch: ApgdRun) => void | Promise<void>;
}

/** Iterations of the attack; its start is looked at as well. */
const PASSES = 1 + PUBLISHED_EFFORT.iterations;

async function bench(args: readonly string[]): Promise<void> {
  const { flags, positionals: [target] } = readArguments(args, FLAGS, 1);
  if (target === undefined) throw new UsageError("Name a run folder or a .safetensors file.");
  const { nEx = 256, pairs = 3, threads = 2, ...overrides } = flags;
  const subject = await readWeightsSubject(target, undefined);
  const recipe = resolveRecipe(withFields(subject.run?.recipe ?? {}, recipeInput(overrides)));
  const backend = await openBackend("wasm", { workers: threads });
  const pytorch = new PyTorch(join(import.meta.dirname!, "bench_apgd.py"));
  const ratios: number[] = [];
  try {
    await compareApgd({
      ...{ target, recipe, nEx, pairs, backend, pytorch, settings: { threads } },
      onStart(version) {
        const { epsilon } = recipe.threat;
        console.log(`APGD-CE on ${subject.path}, ${nEx} images, ε = ${255 * epsilon}/255`);
        console.log(`ours: ${backend.adapter}; PyTorch ${version}; ${threads} threads each`);
      },
      onPair(pair, a, b) {
        const ratio = (a.attacked / a.seconds) / (b.attacked / b.seconds);
        ratios.push(ratio);
        const describe = ({ attacked, robust, seconds }: ApgdRun) =>
          `${attacked} attacked, ${robust} robust, ${seconds.toFixed(2)} s`;
        console.log(`  ${pair}  ours ${describe(a)}; PyTorch ${describe(b)}; ${ratio.toFixed(2)}`);
      },
    });
    console.log(`images/s, ours/PyTorch, median [least, most]: ${formatSpread(ratios, 2)}`);
  } finally {
    await pytorch.close();
    backend.close();
  }
}

/** APGD-CE of both sides in turns, after one attack of each that does not count. */
export async function compareApgd(comparison: ApgdComparison): Promise<void> {
  const { target, recipe, nEx, pairs, backend, pytorch } = comparison;
  const { threat: { epsilon }, batchSize, seed } = recipe;
  const subject = await readWeightsSubject(target, undefined);
  const test = await loadSplit(recipe.data, "test", recipe.dataDir, seed);
  const ids = firstIndices(test.n, nEx);
  const folder = await Deno.makeTempDir({ prefix: "memloss-apgd-" });
  try {
    const architecture = architectureOf(subject), model = freezeSubject(subject, architecture);
    const batch = loadBatch(test, ids), { x, y } = batch;
    const images = join(folder, "images"), labels = join(folder, "labels");
    await Deno.writeFile(images, new Uint8Array(x.buffer));
    await Deno.writeFile(labels, y);
    const files = { weights: subject.path, images, labels };
    const version = await pytorch.ask<string>({
      ...{ batchSize, epsilon, ...files },
      ...comparison.settings,
    });
    const oracle = new Oracle(
      model.logits,
      { classes: test.classes.length, shape: test.shape },
      backend,
    );
    const examples = (await asClassified(oracle, batch, batchSize))
      .filter(({ id, label }) => label === y[id]);
    const effort = { ...PUBLISHED_EFFORT, restarts: 1, gradientSamples: 1 };
    const member = { norm: "linf", epsilon, seed, ...effort } as const;
    const ours = async (): Promise<ApgdRun> => {
      const started = performance.now(), states = new Map<number, SearchState>();
      let robust = 0, passes = 0;
      await runSearches(createMember("apgd-ce", member), examples, oracle, {
        ...{ width: batchSize, states },
        onDone({ id }, outcome) {
          robust += outcome ? 0 : 1;
          passes += 1 + (states.get(id)?.asked ?? 0);
        },
      });
      const seconds = (performance.now() - started) / 1000;
      return { attacked: examples.length, robust, seconds, passes };
    };
    const theirs = async (): Promise<ApgdRun> => {
      const attack = await pytorch.ask<Omit<ApgdRun, "passes">>({});
      return { ...attack, passes: PASSES * attack.attacked };
    };
    await ours(); // both compile and choose on the first one
    await theirs();
    comparison.onStart(version);
    for (let pair = 1; pair <= pairs; pair++) {
      await comparison.onPair(pair, await ours(), await theirs());
    }
    model.dispose();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  await runTask({
    call: "deno task bench:apgd RUN_DIR|FILE",
    summary:
      "time APGD-CE of the CPU engine and PyTorch's in turns, on the same weights and images",
    flags: FLAGS,
    run: bench,
  });
}
