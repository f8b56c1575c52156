import assert from "node:assert/strict";
import {
  describeGarbage,
  describeImport,
  describeMemoryVerification,
  describeStats,
} from "../../src/report/memory_text.ts";

Deno.test("describeMemoryVerification() has a line for each damage, and says when the index was left out", () => {
  const counts = { commit: 2, generations: 1, chunks: 1, records: 20 };
  const damage = [
    { file: "chunk", fault: "Record 3 is torn", image: 7 },
    { file: "index.kv", fault: "index.kv is lost" },
  ];
  assert.equal(
    describeMemoryVerification({ ...counts, index: true, rebuilt: true, damage }),
    `commit 2: 1 generation(s), 1 chunk(s), 20 record(s)
  the index was made anew
  Record 3 is torn (image 7)
  index.kv is lost`,
  );
  const nothing = { commit: 0, generations: 0, chunks: 0, records: 0 };
  assert.match(
    describeMemoryVerification({ ...nothing, index: false, rebuilt: false, damage: [] }),
    /^nothing committed yet; the index was not read \(/,
  );
});

Deno.test("describeStats() says nothing of a boundary where there is none", () => {
  const generation = { epoch: 1, complete: true, examples: 2, coverage: 1, bytes: 2 ** 20 };
  const describe = (boundaryShare?: number) =>
    describeStats({
      ...{
        codec: "f32",
        epsilon: 1,
        imageCount: 2,
        imagesTrainedOn: 2,
        dataSha256: "",
        current: null,
        ages: [],
      },
      shape: { height: 32, width: 32, channels: 3 },
      generations: [{
        ...generation,
        meanAbsoluteDelta: 3,
        ...boundaryShare !== undefined && { boundaryShare },
      }],
    }).split("\n")[1];
  const said = "  epoch 1: 2 examples (100.00 % of the images), 1.0 MiB, mean |δ| 3.00/255";
  assert.equal(describe(), said);
  assert.equal(describe(0.25), `${said}, 25.00 % at the boundary`);
});

Deno.test("describeStats() says which share of the images that the run trains on has examples", () => {
  const counts = { epoch: 1, complete: true, examples: 64, coverage: 0.0125, bytes: 0 };
  const describe = (known: { imagesTrainedOn?: number }, trainedOn?: number) =>
    describeStats({
      ...{ codec: "f32", epsilon: 1, imageCount: 5120, dataSha256: "", current: null, ages: [] },
      shape: { height: 32, width: 32, channels: 3 },
      generations: [{
        ...counts,
        meanAbsoluteDelta: 3,
        ...trainedOn !== undefined && { trainedOn },
      }],
      ...known,
    });
  const limited = describe({ imagesTrainedOn: 64 });
  assert.match(limited, /, 5120 training images, of which the run trains on 64; /);
  assert.match(limited, /: 64 examples \(100\.00 % of the 64 images\), /);
  const others = describe({ imagesTrainedOn: 32 }, 24);
  assert.match(others, /: 64 examples \(75\.00 % of the 32 images; 40 of others\), /);
  assert.match(describe({}), /: 64 examples \(1\.25 % of the data set's 5120\), /);
});

Deno.test("describeGarbage() says MiB", () => {
  const report = { before: 3 * 2 ** 20, after: 2 ** 19 };
  assert.equal(describeGarbage(report), "0.5 MiB are left of 3.0 MiB");
});

Deno.test("describeImport() says how many images have no example", () => {
  const report = {
    epoch: 2,
    checkpoint: "epoch-002.safetensors",
    images: 20,
    without: 0,
    others: 0,
    age: 1,
    missing: [],
  };
  const said = "examples are the memory of epoch 2, beside epoch-002.safetensors";
  assert.equal(describeImport({ ...report, examples: 20 }), `20 ${said}`);
  assert.equal(
    describeImport({ ...report, examples: 25, others: 5 }),
    `25 ${said}; 5 of them are of images that the run does not train on`,
  );
  assert.equal(
    describeImport({ ...report, examples: 12, without: 8 }),
    `12 ${said}; the other 8 of 20 images that the run trains on have none: for them, epoch 3 goes without x'', and an attack that would begin there begins at noise, with no more steps`,
  );
});

Deno.test("describeImport() says where the examples are not those that the epoch left, and looks for no more where they are", () => {
  const report = {
    epoch: 2,
    checkpoint: "epoch-002.safetensors",
    images: 20,
    without: 0,
    others: 0,
    age: 1,
    missing: [],
  };
  const said = "examples are the memory of epoch 2, beside epoch-002.safetensors";
  assert.equal(
    describeImport({ ...report, examples: 20, asLeft: false }),
    `20 ${said}; they are not, byte for byte, the examples that epoch 2 left`,
  );
  assert.equal(describeImport({ ...report, examples: 12, without: 8, asLeft: true }), `12 ${said}`);
});

Deno.test("describeImport() says which epochs go without examples where a memory holds several", () => {
  const report = {
    epoch: 5,
    checkpoint: "epoch-005.safetensors",
    images: 20,
    without: 0,
    others: 0,
    examples: 20,
  };
  const said = "20 examples are the memory of epoch 5, beside epoch-005.safetensors";
  assert.equal(
    describeImport({ ...report, age: 2, missing: [4] }),
    `${said}; with --memory-age 2, those of epoch 4 would be in it too: epoch 6 will be like a first one`,
  );
  assert.equal(
    describeImport({ ...report, age: 4, missing: [2, 3, 4] }),
    `${said}; with --memory-age 4, those of epochs 2 to 4 would be in it too: epochs 6 to 8 will be like a first one`,
  );
});
