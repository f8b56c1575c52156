/** The README's commands for a folder of pictures, run as they stand there on fewer of the pictures that docs/data.md measured. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { judgedTest } from "../../testing/judge.ts";
import { assertRefused, deno, memloss, memlossDone, ROOT } from "../memloss.ts";

/** Of each class; the kinds of the pictures come again after ten. */
const PICTURES = 10;

/** The arguments of `deno` in the two commands of the README, on the pictures in `photos` and with the run in `run`. */
async function commands(photos: string, run: string): Promise<string[][]> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, block] = readme.match(/^Your own pictures[^]*?```sh\n([^]*?)```/m)!;
  return block!.trim().split("\n").map((line) => {
    const [program, ...args] = line.split(" ");
    assert.equal(program, "deno");
    return args.map((arg) => arg === "DIR" ? photos : arg === "runs/photos" ? run : arg);
  });
}

judgedTest(
  "two commands of the README train on a folder of photos of all sizes and kinds, evaluate and report",
  ["PIL", "numpy"],
  async (judge) => {
    const folder = await Deno.makeTempDir(), photos = join(folder, "photos");
    const run = join(folder, "run"), page = join(folder, "report.html");
    const make = await Deno.readTextFile(join(ROOT, "tests/fixtures/make_photos.py"));
    await judge(make, photos, String(PICTURES));
    const [train, evaluate, ...more] = await commands(photos, run);
    assert.equal(more.length, 0);
    const trained = await deno(...train!);
    assert.equal(trained.code, 0, trained.stderr);
    const { data: { test, ...data } } = JSON.parse(
      await Deno.readTextFile(join(run, "recipe.json")),
    );
    assert.deepEqual(data, {
      classes: ["cross", "disc", "square", "stripes", "triangle"],
      shape: { height: 32, width: 32, channels: 3 },
    });
    const evaluated = await deno(...evaluate!, "--json");
    assert.equal(evaluated.code, 0, evaluated.stderr);
    const { perClass, pgd20, autoattack, data: tested } = JSON.parse(evaluated.stdout);
    assert.deepEqual(test, { n: 10, sha256: tested.sha256 });
    assert.deepEqual(perClass.map(({ n }: { n: number }) => n), [2, 2, 2, 2, 2]);
    assert.deepEqual([pgd20.n, autoattack.n], [10, 10]);
    await memlossDone("report", run, "--out", page);
    assert.match(await Deno.readTextFile(page), /triangle[^]*data:image\/png/);
    await memlossDone("memory", "verify", run);
    const bad = ["train", "--data", "folder", "--data-dir", photos, "--image-size", "20"];
    assertRefused(await memloss(...bad), 2, /--image-size must be a multiple of 8/);
    await Deno.remove(folder, { recursive: true });
  },
);
