import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { listImages, type TestChoice } from "../../../src/data/folder/listing.ts";
import { verifyFolder } from "../../../src/data/folder/verify_folder.ts";
import { loadData } from "../../../src/data/sets/sets.ts";
import { encodePng } from "../../../src/format/png.ts";
import { usageError } from "../usage_error.ts";

/** A folder with an image of `grey` at each path. */
async function made(files: Readonly<Record<string, number | string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : encodePng(20, 17, new Uint8Array(20 * 17 * 3).fill(content));
    await Deno.writeFile(join(folder, path), bytes);
  }
  return folder;
}

Deno.test("loadData() reads a folder's images by class and name in the order of code units", async () => {
  const folder = await made({
    ...{ "train/b/10.png": 1, "train/b/9.PNG": 2, "train/B c/ü.jpg": 3, "test/b/x.jpeg": 4 },
    ...{ "train/b/.hidden.png": 0, "train/b/notes.txt": "", "readme.md": "", "val/z/a.png": 0 },
  });
  const { train, test } = await loadData("folder", folder, 1, { imageSize: 16 });
  assert.deepEqual(train.classes, ["B c", "b"]);
  assert.deepEqual([...train.labels, ...test.labels], [0, 1, 1, 1]);
  assert.deepEqual(train.shape, { height: 16, width: 16, channels: 3 });
  const first = (image: number) => train.images[image * 768];
  assert.deepEqual([first(0), first(1), first(2), test.images[0]], [3, 1, 2, 4]);
  const { split, ignored } = await listImages(folder, {});
  assert.deepEqual([split, ignored], ["folders", 4]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listImages() draws the same test of every class each time, and follows links", async () => {
  const names = Array.from({ length: 10 }, (_, i) => `a/${i}.png`);
  const folder = await made({
    ...Object.fromEntries(names.map((name) => [name, 1])),
    "b/1.png": 2,
  });
  await Deno.symlink(join(folder, "b/1.png"), join(folder, "b/2.png"));
  const { parts: { train, test }, split } = await listImages(folder, { testFraction: 0.3 });
  assert.deepEqual([train.length, test.length, split], [8, 4, "drawn"]);
  assert.equal(new Set([...train, ...test].map(({ path }) => path)).size, 12);
  assert.deepEqual((await listImages(folder, { testFraction: 0.3 })).parts.test, test);
  const others = await listImages(folder, { testFraction: 0.3, testSeed: 1 });
  assert.equal(others.parts.test.length, 4);
  assert.notDeepEqual(others.parts.test, test);
  const found = await verifyFolder(folder, {});
  assert.deepEqual(found.classes, [{ name: "a", train: 8, test: 2 }, {
    name: "b",
    train: 1,
    test: 1,
  }]);
  assert.deepEqual(found.largest, { width: 20, height: 17 });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("loadData() names what is wrong with a folder of images", async () => {
  const cases: [Record<string, number | string>, TestChoice | undefined, string[]][] = [
    [{ "a/1.png": 1 }, undefined, ["one folder of images"]],
    [{ "a/1.png": 1, "b/1.png": 1 }, { testFraction: 0.9 }, [
      "one image of each class",
      "none to test",
      "train and",
    ]],
    [{ "a/1.png": 1, "b/x.txt": "" }, undefined, ['b" holds no PNG']],
    [{ "a/1.png": 1, "b/0.png": 1, "b/1.jpg": "no image" }, undefined, [
      "b/1.jpg",
      "neither a PNG nor a JPEG",
    ]],
    [{ "train/a/1.png": 1, "train/b/1.png": 1 }, undefined, ["none called test"]],
    [
      { "train/a/1.png": 1, "train/b/1.png": 1, "test/c/1.png": 1 },
      undefined,
      ['test/c"', "does not have"],
    ],
    [
      { "train/caf\u00e9/1.png": 1, "train/b/1.png": 1, "test/cafe\u0301/1.png": 1 },
      undefined,
      ['test/cafe\u0301" is called like a class', "in another Unicode form: give both names one"],
    ],
    [
      { "train/a/1.png": 1, "train/b/1.png": 1, "test/a/1.png": 1 },
      { testFraction: 0.2 },
      ["--test-fraction has no meaning"],
    ],
    [
      { "train/a/1.png": 1, "train/b/1.png": 1, "test/a/1.png": 1 },
      { testSeed: 3 },
      ["--test-seed has no meaning", "which has a folder test: leave it out."],
    ],
  ];
  for (const [files, choice, words] of cases) {
    const folder = await made(files);
    await assert.rejects(loadData("folder", folder, 1, choice), usageError(...words));
    await Deno.remove(folder, { recursive: true });
  }
  await assert.rejects(loadData("folder", "/nowhere", 1), usageError('"/nowhere"', "--data-dir"));
  await assert.rejects(loadData("folder", undefined, 1), usageError("needs --data-dir"));
});
