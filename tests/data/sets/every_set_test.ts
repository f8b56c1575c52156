import assert from "node:assert/strict";
import { valuesPerImage } from "../../../src/data/dataset.ts";
import { fetchDataset } from "../../../src/data/fetch/fetch.ts";
import { filesOf } from "../../../src/data/sets/definition.ts";
import { readSplit } from "../../../src/data/sets/published.ts";
import { PUBLISHED_SETS } from "../../../src/data/sets/sets.ts";
import { verifyDataset } from "../../../src/data/verify.ts";
import { listTree, withDirectory } from "../made_cifar10.ts";
import { asMade, folderOf, madeDownloads, madeFiles } from "../made_sets.ts";
import { ranged, withServer } from "../scripted_server.ts";

const COUNTS = { train: 20, test: 3 };

for (const set of PUBLISHED_SETS) {
  Deno.test(`fetchDataset(), verifyDataset() and readSplit() take ${set.name} as it is published`, async () => {
    const downloads = await madeDownloads(set, madeFiles(set, COUNTS));
    const answers = [ranged(downloads[0]!, 300), ...downloads.map((each) => ranged(each))];
    await withDirectory((directory) =>
      withServer(answers, async ({ url }) => {
        const made = asMade(set, downloads, url, COUNTS), folder = folderOf(set, directory);
        const done: number[] = [];
        const options = { retryDelay: 0, onProgress: (bytes: number) => done.push(bytes) };
        assert.equal(await fetchDataset(made, directory, options), folder);
        assert.deepEqual(await listTree(folder), filesOf(set).sort());
        assert.deepEqual(done.at(-1), downloads.reduce((sum, { length }) => sum + length, 0));

        const verified = await verifyDataset(made, directory);
        assert.deepEqual([verified.train, verified.test, verified.official], [20, 3, true]);
        assert.ok(verified.files.every(({ labels }) => labels.length === set.classes.length));
        assert.equal((await verifyDataset(set, directory)).official, false);

        for (const split of ["train", "test"] as const) {
          const { n, images, labels, ...rest } = await readSplit(set, split, directory);
          assert.equal(n, COUNTS[split]);
          assert.equal(images.length, n * valuesPerImage(set.shape));
          assert.deepEqual([...labels], [...labels.keys()].map((i) => i % set.classes.length));
          assert.deepEqual(rest, { name: set.name, classes: set.classes, shape: set.shape });
        }
      })
    );
  });
}
