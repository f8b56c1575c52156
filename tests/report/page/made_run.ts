/**
 * Run folders with the numbers of a real training, made in a moment: nothing is trained.
 *
 * @module
 */
import { join } from "@std/path";
import type { CorruptionName } from "../../../src/data/corruptions/corruptions.ts";
import { isFound } from "../../../src/data/sets/definition.ts";
import { findSet } from "../../../src/data/sets/sets.ts";
import { corruptionAccuracies } from "../../../src/evaluate/series/corruptions.ts";
import type { RecipeFlags } from "../../../src/recipe/fields.ts";
import { recipeInput } from "../../../src/recipe/fields.ts";
import { resolveRecipe } from "../../../src/recipe/resolve.ts";
import { ratesAt } from "../../../src/optimise/schedule.ts";
import { encodeRunRecord } from "../../../src/run/run_record.ts";

/** What a made run is. */
export interface MadeRun {
  readonly recipe: RecipeFlags;
  readonly stepsPerEpoch: number;
  /** Epochs that are logged; all of the recipe's unless given. */
  readonly epochs?: number;
  /** Steps of one more epoch that is under way. */
  readonly more?: number;
  /** Test images of its evaluations; not evaluated unless given. */
  readonly evaluated?: number;
  /** Kinds of corruption that it is evaluated under; none unless given. */
  readonly corruptions?: readonly CorruptionName[];
  /** What the run ends at, in [0,1]. */
  readonly clean?: number;
  readonly robust?: number;
}

/** SHA-256 of the made checkpoint, which is not there itself. */
const CHECKPOINT = "c0ffee".repeat(10) + "cafe";

/** Draws in [0,1) that are the same every time. */
function draws(seed: number): () => number {
  let state = seed;
  return () => { // mulberry32
    state = state + 0x6D2B79F5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Writes the folder of `run` to `directory`. */
export async function makeRun(directory: string, run: MadeRun): Promise<void> {
  const recipe = resolveRecipe(recipeInput({ backend: "wasm", ...run.recipe }));
  await Deno.mkdir(join(directory, "checkpoints"), { recursive: true });
  const record = encodeRunRecord({
    format: 2,
    program: { version: "0.1.0", digest: "6edf2ba9".repeat(8) },
    machine: { backend: "wasm", adapter: "WebAssembly SIMD, relaxed multiply-add", deno: "2.9.6" },
    dataSha256: "fdeb04d7".repeat(8),
    recipe,
  });
  await Deno.writeTextFile(join(directory, "recipe.json"), record);
  const lines = makeLines(run, recipe);
  const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
  await Deno.writeTextFile(join(directory, "metrics.jsonl"), text);
  const epochs = run.epochs ?? recipe.epochs;
  const name = `epoch-${String(epochs).padStart(3, "0")}.safetensors`;
  const committed = { name, sha256: CHECKPOINT };
  if (epochs > 0) {
    await Deno.writeTextFile(
      join(directory, "checkpoints", "committed.json"),
      JSON.stringify({ format: "memloss-checkpoints", version: 1, last: committed }),
    );
  }
  if (run.evaluated === undefined) return;
  await Deno.mkdir(join(directory, "eval"));
  await Deno.writeTextFile(
    join(directory, "eval", "made.json"),
    JSON.stringify(makeReport(run, name, recipe.data)),
  );
}

function makeLines(
  { stepsPerEpoch, more = 0, clean = 0.84, robust = 0.52, ...run }: MadeRun,
  recipe: ReturnType<typeof resolveRecipe>,
): unknown[] {
  const random = draws(recipe.seed + 97 * recipe.variant.length);
  const length = { epochs: recipe.epochs, stepsPerEpoch };
  const whole = run.epochs ?? recipe.epochs, lines: unknown[] = [];
  const memory = recipe.memory !== undefined;
  const { beta = 1, betaPrime = 0 } = recipe;
  for (let epoch = 1; epoch <= whole + (more > 0 ? 1 : 0); epoch++) {
    const steps = epoch > whole ? more : stepsPerEpoch;
    for (let step = 1; step <= steps; step++) {
      const done = (epoch - 1) * stepsPerEpoch + step;
      const progress = done / (recipe.epochs * stepsPerEpoch);
      const noise = (size: number) => 1 + size * (random() + random() + random() - 1.5);
      const ce = (0.42 + 1.9 * Math.exp(-4.5 * progress)) * noise(0.09);
      const kl = (0.09 - 0.07 * Math.exp(-6 * progress)) * noise(0.14);
      const mem = memory && epoch > 1 ? (0.034 + 0.02 * progress) * noise(0.2) : undefined;
      lines.push({
        kind: "step",
        ...{ epoch, step, loss: ce + beta * kl + betaPrime * (mem ?? 0) },
        terms: { ce, ...recipe.attack && { kl }, ...mem !== undefined && { memory: mem } },
        ...ratesAt(recipe.optimiser, length, done - 1),
        imagesPerSecond: 690 * noise(0.05),
      });
    }
    if (epoch > whole) break;
    const progress = epoch / recipe.epochs, rise = 1 - Math.exp(-4 * progress);
    const ce = 0.42 + 1.9 * Math.exp(-4.5 * (progress - 0.5 / recipe.epochs));
    const kl = 0.09 - 0.07 * Math.exp(-6 * (progress - 0.5 / recipe.epochs));
    const mem = memory && epoch > 1 ? 0.034 + 0.02 * progress : undefined;
    const weights = Array.from({ length: 20 }, (_, bin) => {
      const at = (bin + 0.5) / 20;
      const confident = Math.exp(-at * (4 + 4 * rise)), wrong = Math.exp(-(1 - at) * 9);
      return Math.round(3000 * (confident * rise + 0.25 * wrong + 0.5 * (1 - rise)));
    });
    lines.push({
      kind: "epoch",
      ...{ epoch, loss: ce + beta * kl + betaPrime * (mem ?? 0) },
      terms: { ce, ...recipe.attack && { kl }, ...mem !== undefined && { memory: mem } },
      ...recipe.attack &&
        {
          attack: {
            ...{ lossBefore: 0.01 * kl, lossAfter: kl, accuracy: 0.5 * rise },
            sampled: { examples: 3200, lossBefore: 0.0101 * kl, lossAfter: 1.05 * kl },
          },
        },
      ...recipe.select !== "none" && {
        cleanAccuracy: 0.1 + (clean - 0.1) * rise + 0.012 * (random() - 0.5),
        robustAccuracy: 0.1 + (robust - 0.1) * rise + 0.012 * (random() - 0.5),
      },
      ...memory && epoch > 1 && {
        weights: {
          term: "memory",
          mean: weights.reduce((sum, count, bin) => sum + count * (bin + 0.5) / 20, 0) /
            weights.reduce((sum, count) => sum + count, 0),
          counts: weights,
        },
      },
      imagesPerSecond: 690,
      seconds: stepsPerEpoch * recipe.batchSize / 690 + 12,
    });
  }
  return lines;
}

function makeReport(
  { evaluated: n = 0, clean = 0.84, robust = 0.52, corruptions, recipe: { seed = 1 } }: MadeRun,
  checkpoint: string,
  data: string,
) {
  const set = findSet(data), random = draws(seed + 7);
  if (isFound(set)) throw new Error(`${data} has no classes of its own`);
  const classes = set.classes.length;
  const ease = Array.from({ length: classes }, () => 0.3 * (random() - 0.5));
  const accuracy = (share: number) => {
    const counts = Array.from({ length: classes }, () => 0).map(() => Math.round(n / classes));
    const confusion = counts.map((count, label) => {
      const own = Math.min(1, Math.max(0, share + ease[label]!));
      const row = Array.from({ length: classes }, () => 0);
      row[label] = Math.round(count * own);
      const weights = row.map((_, other) => other === label ? 0 : random() ** 4);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      let left = count - row[label];
      weights.forEach((weight, other) => {
        const moved = Math.min(left, Math.round((count - row[label]!) * weight / total));
        row[other]! += moved;
        left -= moved;
      });
      row[(label + 1) % classes]! += left;
      return row;
    });
    const correct = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
    return { accuracy: correct / n, correct, n, confusion };
  };
  const found = { clean: accuracy(clean), pgd20: accuracy(robust), aa: accuracy(robust - 0.035) };
  const steps = [found.clean.correct, found.pgd20.correct, found.aa.correct];
  const left = [steps[1]!, steps[2]! + Math.round(0.001 * n), steps[2]!, steps[2]!];
  const perAttack = ["apgd-ce", "apgd-t", "fab-t", "square"].map((name, i) => {
    const attacked = i === 0 ? steps[0]! : left[i - 1]!, correct = left[i]!;
    const broken = attacked - correct;
    return [name, { accuracy: correct / n, correct, n, attacked, broken, seconds: 31 * (i + 1) }];
  });
  return {
    clean: found.clean,
    pgd20: found.pgd20,
    autoattack: {
      ...found.aa,
      version: "standard",
      clean: { accuracy: steps[0]! / n, correct: steps[0], n },
      perAttack: Object.fromEntries(perAttack),
      warnings: [],
    },
    curve: {
      attack: "pgd20",
      points: Array.from({ length: 17 }, (_, i) => ({
        epsilon: i / 255,
        correct: Math.round(steps[0]! * Math.exp(-((i / 10.6) ** 1.6))),
        n,
      })),
    },
    ...corruptions && {
      corruptions: corruptionAccuracies(
        new Map(corruptions.map((kind, i) => [
          kind,
          [1, 2, 3, 4, 5].map((severity) => Math.round(n * clean * (1 - 0.01 * i * severity))),
        ])),
        n,
      ),
    },
    checkpoint: { path: `checkpoints/${checkpoint}`, sha256: CHECKPOINT, name: "last" },
    attack: { norm: "linf", epsilon: 8 / 255, fraction: "8/255", restarts: 1 },
    seed,
  };
}
