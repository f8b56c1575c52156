/**
 * How fast training could go if the device took no time: the trainer on a device that computes nothing, with its memory on
 * disk.
 *
 * @module
 */
import type { Backend } from "../../backend/backend.ts";
import type { Dataset } from "../../data/dataset.ts";
import { dataDigest } from "../../data/sets/sets.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { resolveRecipe } from "../../recipe/resolve.ts";
import { thisProgram } from "../../run/program_version.ts";
import { RunFolder } from "../../run/folder/run_folder.ts";
import { train } from "../../train/trainer.ts";
import { type Asked, type IdleCall, openIdleBackend } from "./idle_backend.ts";
import { randomImages } from "../random_images.ts";
import { type Spread, spreadOf } from "../statistics.ts";

/** Steps of an epoch, of which the first compile code; the first epoch has no memory yet. */
const STEPS = 48, WARM = 8, EPOCHS = 2;

/** What the host does of a step, in milliseconds. */
export interface HostSpeed {
  readonly steps: number;
  readonly imagesPerSecond: Spread;
  readonly milliseconds: Spread;
  /** Parts of a step: how long the device waits, if it takes no time, until it is asked for something. */
  readonly waits: {
    /** For the attack, after the update before. */
    readonly attack: Spread;
    /** For the gradients, after the attack's result. */
    readonly descend: Spread;
    /** For the update, after the gradients. */
    readonly update: Spread;
  };
}

/** The V1 step of `batchSize` random images at `width` on a device that computes nothing, in a folder of its own. */
export async function measureHost(
  width: number,
  batchSize: number,
  progress: (what: string) => void,
): Promise<HostSpeed> {
  const directory = await Deno.makeTempDir({ prefix: "memloss-bench-" });
  const calls: IdleCall[] = [], ends: number[] = [];
  try {
    const backend = await openIdleBackend(calls);
    const recipe = resolveRecipe({
      variant: "v1",
      ...{ width, batchSize, epochs: EPOCHS, select: "none" },
    });
    const images = randomImages(batchSize * STEPS);
    const folder = await runFolder(`${directory}/run`, recipe, images, backend);
    await train({
      ...{ recipe, folder, backend, data: { train: images, test: images }, tensorboard: false },
      observer: {
        onStep({ epoch, step }) {
          progress(`host, epoch ${epoch}, step ${step} of ${STEPS}`);
          if (epoch === EPOCHS) ends.push(performance.now());
        },
      },
    });
    await folder.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return summarise(calls, ends.slice(WARM), batchSize);
}

function summarise(
  calls: readonly IdleCall[],
  ends: readonly number[],
  batchSize: number,
): HostSpeed {
  const milliseconds = ends.slice(1).map((end, i) => end - ends[i]!);
  const waits: Record<Asked, number[]> = { attack: [], descend: [], update: [] };
  for (const [i, { what, asked }] of calls.entries()) {
    const before = calls[i - 1];
    if (before === undefined || asked < ends[0]! || asked > ends.at(-1)!) continue;
    const wait = asked - before.answered;
    if (what === "attack" && before.what === "attack") {
      waits.attack.push(waits.attack.pop()! + wait); // a long attack's next part
    } else waits[what].push(wait);
  }
  return {
    steps: milliseconds.length,
    imagesPerSecond: spreadOf(milliseconds.map((each) => 1000 * batchSize / each)),
    milliseconds: spreadOf(milliseconds),
    waits: {
      attack: spreadOf(waits.attack),
      descend: spreadOf(waits.descend),
      update: spreadOf(waits.update),
    },
  };
}

async function runFolder(
  directory: string,
  recipe: Recipe,
  data: Dataset,
  { name, adapter }: Backend,
): Promise<RunFolder> {
  return await RunFolder.create(directory, {
    format: 2,
    program: await thisProgram(),
    machine: { backend: name, adapter, deno: Deno.version.deno },
    dataSha256: dataDigest(data),
    recipe,
  });
}
