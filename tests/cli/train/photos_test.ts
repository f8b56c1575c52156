import assert from "node:assert/strict";
import { join } from "@std/path";
import { judgedTest } from "../../testing/judge.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";

/** Five photos in each of five classes, of several sizes and kinds. */
const MAKE = `
import os, sys
import numpy as np
from PIL import Image
draw = np.random.default_rng(1)
for label in range(5):
    folder = f"{sys.argv[1]}/class {label}"
    os.makedirs(folder)
    for n, (width, height) in enumerate([(37, 50), (80, 60), (64, 64), (120, 50), (160, 120)]):
        image = Image.fromarray((draw.integers(0, 80, (height, width, 3)) + 40 * label).astype("u1"))
        if n == 0: image.convert("L").save(f"{folder}/grey.png")
        elif n == 1: image.convert("CMYK").save(f"{folder}/inks.jpg")
        elif n == 2: Image.fromarray(draw.integers(0, 65536, (height, width)).astype("u2")).save(f"{folder}/deep.png")
        else: image.save(f"{folder}/photo {n}.jpeg")
`;

judgedTest(
  "memloss trains on a folder of photos at 64 by 64, evaluates and reports",
  ["PIL", "numpy"],
  async (judge) => {
    const folder = await Deno.makeTempDir(), photos = join(folder, "photos");
    const run = join(folder, "run"), page = join(folder, "report.html");
    await judge(MAKE, photos);
    const engine = ["--backend", "wasm", "--workers", "2"];
    await memlossDone(
      ...["train", "--data", "folder", "--data-dir", photos, "--image-size", "64", ...engine],
      ...["--width", "1", "--epochs", "2", "--batch-size", "8", "--attack-steps", "1"],
      ...["--run-dir", run],
    );
    const { data: { test, ...data } } = JSON.parse(
      await Deno.readTextFile(join(run, "recipe.json")),
    );
    assert.deepEqual(data, {
      classes: [0, 1, 2, 3, 4].map((label) => `class ${label}`),
      shape: { height: 64, width: 64, channels: 3 },
    });
    const { stdout } = await memlossDone(
      ...["eval", run, ...engine, "--attack", "clean,pgd2,autoattack", "--json"],
      ...["--attack-version", "custom", "--attacks-to-run", "apgd-ce,square"],
      ...["--iterations", "2", "--queries", "2"],
    );
    const { perClass, autoattack, data: evaluated } = JSON.parse(stdout);
    assert.deepEqual(test, { n: 5, sha256: evaluated.sha256 });
    assert.deepEqual(perClass.map(({ n }: { n: number }) => n), [1, 1, 1, 1, 1]);
    assert.equal(autoattack.n, 5);
    await memlossDone("report", run, "--out", page);
    assert.match(await Deno.readTextFile(page), /class 4[^]*data:image\/png/);
    await memlossDone("memory", "verify", run);
    const bad = ["train", "--data", "folder", "--data-dir", photos, "--image-size", "20"];
    assertRefused(await memloss(...bad), 2, /--image-size must be a multiple of 8/);
    await Deno.remove(folder, { recursive: true });
  },
);
