import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { pickleDecoder } from "../../../src/data/sets/pickled_batches.ts";
import { dataDigest, findPublished, loadData } from "../../../src/data/sets/sets.ts";
import { verifyDataset } from "../../../src/data/verify.ts";
import { UsageError } from "../../../src/errors.ts";
import { judgedTest } from "../../testing/judge.ts";
import { mutations } from "../../testing/mutations.ts";
import { withDirectory, writeFiles } from "../made_cifar10.ts";
import { madePickle } from "../made_pickle.ts";
import { folderOf, madeFiles } from "../made_sets.ts";
import { usageError } from "../usage_error.ts";

/** Two images of 2×1 pixels with three channels. */
const SMALL = {
  shape: [2, 6] as const,
  pixels: [0, 10, 20, 30, 40, 255, 6, 7, 8, 9, 128, 200],
  labels: [3, 0],
};
const decode = pickleDecoder({
  shape: { height: 2, width: 1, channels: 3 },
  labels: "labels",
  classes: 4,
});

Deno.test("pickleDecoder() reads what Python 2 wrote, and sets planes side by side", () => {
  const { images, labels } = decode(madePickle(SMALL), "small");
  assert.deepEqual([...labels], [3, 0]);
  assert.deepEqual([...images], [0, 20, 40, 10, 30, 255, 6, 8, 128, 7, 9, 200]);
});

Deno.test("pickleDecoder() refuses other arrays, other labels, and what could run anything", () => {
  const refused = (changes: Partial<Parameters<typeof madePickle>[0]>, ...needles: string[]) =>
    assert.throws(
      () => decode(madePickle({ ...SMALL, ...changes }), "small"),
      usageError('"small"', ...needles),
    );
  refused({ shape: [3, 4] }, 'no array "data" of [N,6] bytes');
  refused({ shape: [2, 7] }, "an array of [2,7] has 12 bytes");
  refused({ type: "i1" }, 'no array "data" of [N,6] bytes');
  refused({ shape: [0, 6], pixels: [], labels: [] }, "has no images");
  refused({ called: "fine_labels" }, 'no list "labels"');
  refused({ labels: [1] }, "2 images and 1 labels");
  refused({ labels: [1, 4] }, "label for image 1", "from 0 to 3");
  refused({ labels: [-1, 1] }, "label for image 0");
  refused({ instead: "](G?\xe0\0\0\0\0\0\0K\x01e" }, "label for image 0"); // 0.5
  refused({ instead: "U\x02no" }, 'no list "labels"');
  refused({ instead: "cposix\nsystem\n(U\x02idtR" }, "asks for posix.system", "could run anything");
  refused({ instead: "c__builtin__\neval\n(U\x011tR" }, "asks for __builtin__.eval");
  const whole = madePickle(SMALL);
  const bytes = Uint8Array.from([...whole, 0]);
  assert.throws(() => decode(bytes, "small"), usageError("1 bytes behind its end"));
  assert.throws(() => decode(whole.subarray(0, 90), "small"), usageError('"small"'));
  assert.throws(() => decode(new Uint8Array(), "small"), usageError("cut short"));
  assert.throws(() => decode(Uint8Array.of(0x80, 2, 0x4e, 0x2e), "small"), usageError('"data"'));
});

Deno.test("a pickle of images with anything in it is read whole or refused", () => {
  let refusals = 0;
  fc.assert(
    fc.property(mutations(madePickle(SMALL)), ({ bytes }) => {
      try {
        const { images, labels } = decode(bytes, "small");
        assert.equal(images.length, 6 * labels.length);
        assert.ok(labels.every((label) => label < 4));
      } catch (error) {
        assert.ok(error instanceof UsageError, String((error as Error).stack));
        assert.match(error.message, /^[^\n]+$/);
        refusals++;
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(refusals > 300, `${refusals} refused`);
});

const COUNTS = { train: 20, test: 3 };

for (const name of ["cifar10", "cifar100"] as const) {
  const set = findPublished(name), { folder } = set.others![0]!;
  judgedTest(`${name} is the same in its pickles of every protocol as in its binary files`, [
    "numpy",
  ], (judge) =>
    withDirectory(async (directory) => {
      const binary = join(directory, "binary"), from = folderOf(set, binary);
      await writeFiles(from, madeFiles(set, COUNTS));
      const pickled = (protocol: number) => join(directory, String(protocol));
      await judge(
        `
import pickle, sys
from pathlib import Path
import numpy as np
source, target, folder, name = sys.argv[1:]
for file in Path(source).iterdir():
    records = np.frombuffer(file.read_bytes(), np.uint8)
    head = 1 if name == "cifar10" else 2
    records = records.reshape(-1, head + 3072)
    stem = file.stem
    labels = [int(label) for label in records[:, head - 1]]
    batch = {"batch_label": "é", "labels" if head == 1 else "fine_labels": labels,
             "data": records[:, head:].copy(), "filenames": ["\\\\a.png"] * len(labels)}
    if head == 2: batch["coarse_labels"] = [int(label) for label in records[:, 0]]
    for protocol in range(6):
        into = Path(target) / str(protocol) / folder
        into.mkdir(parents=True, exist_ok=True)
        if protocol % 2: batch = {key.encode() if isinstance(key, str) else key: value for key, value in batch.items()}
        (into / stem).write_bytes(pickle.dumps(batch, protocol))
`,
        ...[from, directory, folder, name],
      );
      const { train, test } = await loadData(name, binary, 1);
      for (let protocol = 0; protocol < 6; protocol++) {
        for (const place of [pickled(protocol), join(pickled(protocol), folder)]) {
          const read = await loadData(name, place, 1);
          assert.deepEqual(dataDigest(read.train), dataDigest(train), `protocol ${protocol}`);
          assert.deepEqual(dataDigest(read.test), dataDigest(test));
        }
      }
      const verified = await verifyDataset(set, pickled(2));
      assert.deepEqual([verified.train, verified.test], [20, 3]);
      assert.equal(verified.directory, join(pickled(2), folder));
    }));
}

Deno.test("the binary files of cifar100 go before its pickles, and a folder called train is none", () =>
  withDirectory(async (directory) => {
    const set = findPublished("cifar100"), pickles = join(directory, "cifar-100-python");
    await Deno.mkdir(join(directory, "train"));
    await writeFiles(pickles, new Map([["train", new Uint8Array()]]));
    await assert.rejects(
      loadData("cifar100", directory, 1),
      usageError("cifar-100-python", "short"),
    );
    await writeFiles(folderOf(set, directory), madeFiles(set, COUNTS));
    assert.equal((await loadData("cifar100", directory, 1)).train.n, 20);
  }));
