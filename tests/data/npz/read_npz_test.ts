import assert from "node:assert/strict";
import { join } from "@std/path";
import { readNpzImages } from "../../../src/data/npz/labelled_images.ts";
import { verifyNpz } from "../../../src/data/npz/read_npz.ts";
import { loadData } from "../../../src/data/sets/sets.ts";
import { madeImages, type MadeNpy, madeNpz } from "../../format/arrays/made_npz.ts";
import { judgedTest } from "../../testing/judge.ts";
import { usageError } from "../usage_error.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("loadData() reads train.npz and test.npz, or draws the test from one file", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "train.npz"), madeImages(7, 8, 3));
    await Deno.writeFile(join(folder, "test.npz"), madeImages(4, 8, 2, 100));
    const apart = await loadData("npz", folder, 1);
    assert.deepEqual([apart.train.n, apart.test.n], [7, 4]);
    assert.deepEqual(apart.train.classes, ["0", "1", "2"]);
    assert.deepEqual(apart.train.shape, { height: 8, width: 8, channels: 3 });
    assert.deepEqual([...apart.train.labels], [0, 1, 2, 0, 1, 2, 0]);
    assert.deepEqual([apart.train.images[192], apart.test.images[192]], [1, 101]);
    const one = join(folder, "train.npz"), drawn = await loadData("npz", one, 1);
    assert.deepEqual([drawn.train.n, drawn.test.n], [4, 3]);
    const all = [...drawn.train.images, ...drawn.test.images].filter((_, i) => i % 192 === 0);
    assert.deepEqual(all.sort(), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual((await loadData("npz", one, 2)).test, drawn.test, "whatever the seed");
    const zeroth = await loadData("npz", one, 1, { testSeed: 0 });
    const third = await loadData("npz", one, 1, { testSeed: 3 });
    assert.deepEqual(zeroth.test, drawn.test);
    assert.notDeepEqual(third.test.images, drawn.test.images);
    assert.deepEqual(third.test.labels.toSorted(), drawn.test.labels.toSorted());
    assert.deepEqual((await verifyNpz(one, { testFraction: 0.5 })).test, 4);
    const { classes, train, test, split } = await verifyNpz(folder, {});
    assert.deepEqual([train, test, split], [7, 4, "folders"]);
    assert.deepEqual(classes[2], { name: "2", train: 2, test: 0 });
  }));

Deno.test("loadData() names what is wrong with .npz files", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "train.npz"), madeImages(4, 8, 2));
    await Deno.writeFile(join(folder, "test.npz"), madeImages(4, 8, 3));
    const refused = (place: string | undefined, ...needles: string[]) =>
      assert.rejects(loadData("npz", place, 1), usageError(...needles));
    await refused(undefined, "--data-dir", "train.npz");
    await refused(folder, 'test.npz" has label 2');
    await refused(join(folder, "none.npz"), "none.npz", "cannot be read");
    await Deno.mkdir(join(folder, "folder.npz"));
    await refused(join(folder, "folder.npz"), "cannot be read: it is a folder; name a .npz file.");
    const huge = join(folder, "huge.npz"); // takes no space: it is all hole
    await Deno.writeFile(huge, new Uint8Array());
    await Deno.truncate(huge, 15 * 2 ** 30);
    await refused(huge, 'huge.npz" has 15.0 GiB, and 8 GiB are the most: take a smaller set');
    await Deno.writeFile(join(folder, "test.npz"), madeImages(4, 16, 2));
    await refused(folder, "8×8×3", "16×16×3");
    await assert.rejects(
      loadData("npz", folder, 1, { testFraction: 0.5 }),
      usageError("--test-fraction has no meaning"),
    );
    await assert.rejects(
      loadData("npz", folder, 1, { testSeed: 0 }),
      usageError("--test-seed has no meaning", "a folder with test.npz"),
    );
    await Deno.writeFile(join(folder, "one.npz"), madeImages(4, 8, 1));
    await refused(join(folder, "one.npz"), "one class only");
    await Deno.writeFile(join(folder, "few.npz"), madeImages(3, 8, 3));
    await refused(join(folder, "few.npz"), "one image of each class", "none to test", "test.npz");
    const image: MadeNpy = { shape: [2, 8, 8, 3], bytes: new Uint8Array(384) };
    const label: MadeNpy = { shape: [2], bytes: Uint8Array.of(0, 1) };
    const path = join(folder, "a.npz");
    const wrong = async (changed: Record<string, Partial<MadeNpy>>, ...needles: string[]) => {
      const arrays = {
        image: { ...image, ...changed.image },
        label: { ...label, ...changed.label },
      };
      await Deno.writeFile(path, madeNpz(arrays));
      await refused(path, "a.npz", ...needles);
    };
    await wrong({ image: { descr: "|i1" } }, "no bytes (uint8)");
    await wrong({ image: { shape: [2, 192] } }, "[2,192]", "[N,C,H,W]");
    await wrong({ image: { shape: [2, 3, 64, 1] } }, "not [N,H,W,C]");
    await wrong({ image: { shape: [2, 4, 16, 3] } }, "4×16 pixels");
    await wrong({ image: { shape: [0, 8, 8, 3], bytes: new Uint8Array() } }, "[0,8,8,3]");
    await wrong({ label: { shape: [3], bytes: new Uint8Array(3) } }, "3 labels", "2 images");
    await wrong({ label: { shape: [1, 2] } }, "more than one label");
    const float = new Uint8Array(Float64Array.of(0, 1).buffer);
    await wrong({ label: { descr: "<f8", bytes: float } }, "no whole numbers");
    const negative = { label: { descr: "|i1", bytes: Uint8Array.of(0, 255) } };
    await wrong(negative, "label -1 for image 1");
    const large = new Uint8Array(BigInt64Array.of(0n, 2n ** 40n).buffer);
    await wrong({ label: { descr: "<i8", bytes: large } }, "label 1099511627776");
  }));

judgedTest(
  "readNpzImages() reads what NumPy's savez and savez_compressed write, of both layouts and each type of label",
  ["numpy"],
  (judge) =>
    inFolder(async (folder) => {
      const said = JSON.parse(
        await judge(
          `
import json, sys
import numpy as np
folder = sys.argv[1]
random = np.random.default_rng(5)
image = random.integers(0, 256, (5, 9, 8, 3), dtype=np.uint8)
label = random.integers(0, 100, 5)
for name, save in (("plain", np.savez), ("packed", np.savez_compressed)):
    for kind in ("<i8", ">i4", "<u2", "|u1", ">u8", "<i2"):
        save(f"{folder}/{name}-{kind[1:]}.npz", image=image, label=label.astype(kind), more=[1.5])
    save(f"{folder}/{name}-planes.npz", image=np.ascontiguousarray(image.transpose(0, 3, 1, 2)), label=label[:, None])
    save(f"{folder}/{name}-fortran.npz", image=np.asfortranarray(image), label=label)
    save(f"{folder}/{name}-objects.npz", image=image, label=label.astype(object))
import zipfile
limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 100 # as if these were over 2 GiB
np.savez_compressed(f"{folder}/packed-wide.npz", image=np.zeros((50, 9, 8, 3), "u1"), label=np.zeros(50, "u1"))
zipfile.ZIP64_LIMIT = limit
header = dict(descr="|u1", fortran_order=False, shape=image.shape)
for version in ((1, 0), (2, 0), (3, 0)):
    import io, zipfile
    with zipfile.ZipFile(f"{folder}/plain-v{version[0]}.npz", "w") as archive:
        for key, array in (("image", image), ("label", label)):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, version=version)
            archive.writestr(key + ".npy", stream.getvalue())
print(json.dumps({"image": image.ravel().tolist(), "label": label.tolist()}))
`,
          folder,
        ),
      );
      const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
      let read = 0;
      for (const name of names) {
        const path = join(folder, name);
        if (name === "packed-wide.npz") {
          const { images, labels } = await readNpzImages(path);
          assert.deepEqual([images.length, labels.length], [50 * 9 * 8 * 3, 50]);
          assert.ok(
            (await Deno.stat(path)).size < 50 * 9 * 8 * 3,
            "what it says is more than it has",
          );
          continue;
        }
        const refused = name.includes("fortran") ? "Fortran's order" : 'of type "|O"';
        if (/fortran|objects/.test(name)) {
          await assert.rejects(readNpzImages(path), usageError(name, refused));
          continue;
        }
        const { images, labels, shape } = await readNpzImages(path);
        assert.deepEqual(shape, { height: 9, width: 8, channels: 3 });
        assert.deepEqual([...images], said.image, name);
        assert.deepEqual([...labels], said.label, name);
        read++;
      }
      assert.equal(read, 17);
    }),
);
