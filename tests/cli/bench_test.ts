import assert from "node:assert/strict";
import type { BenchReport } from "../../src/bench/report.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";

for (
  const [args, sentence] of [
    [
      ["--what", "kernels,speed"],
      /--what must be a list of kernels, step, attack-start, host, roofline/,
    ],
    [["--compare", "pytorch"], /--compare must be one of stock/],
    [
      ["--what", "roofline", "--compare", "stock"],
      /--compare has a meaning for --what kernels and step only/,
    ],
    [
      ["--what", "roofline", "--pairs", "2"],
      /--pairs has a meaning for --what kernels, step and attack-start only/,
    ],
    [
      ["--what", "kernels", "--no-tune"],
      /--no-tune has a meaning for --what step and attack-start only/,
    ],
    [
      ["--what", "host", "--backend", "wasm"],
      /--backend has a meaning for --what attack-start only/,
    ],
    [
      ["--what", "attack-start", "--compare", "stock"],
      /--compare has a meaning for --what kernels and/,
    ],
    [["--width", "0"], /--width must be a whole number of at least 1/],
    [["runs/v1"], /Unexpected argument "runs\/v1"/],
  ] as const
) {
  Deno.test(`memloss bench ${args.join(" ")} is refused`, async () => {
    assertRefused(await memloss("bench", ...args), 2, sentence);
  });
}

Deno.test("memloss bench --what roofline --json prints one document, of the sizes asked for", async () => {
  const { stdout } = await memlossDone(
    ...["bench", "--what", "roofline", "--width", "5", "--batch-size", "3", "--json"],
  );
  const report = JSON.parse(stdout) as BenchReport;
  assert.deepEqual(Object.keys(report), ["roofline"]);
  const { width, batchSize, gpus, variants } = report.roofline!;
  assert.deepEqual([width, batchSize], [5, 3]);
  assert.deepEqual(Object.keys(gpus), ["h100", "laptop"]);
  const { mode, layer, kernels, predictions } = variants[0]!;
  assert.deepEqual([mode, layer], ["forward", "3x3, 32x32, 3 to 5"]);
  assert.deepEqual(Object.keys(kernels[0]!.perWorkgroup), [
    ...["flops", "bytesRead", "bytesWritten", "workgroupMemory"],
  ]);
  assert.match(predictions.laptop.cached.bound, /^(compute|memory)$/);
});

Deno.test("memloss bench --what attack-start holds fewer steps from the memory against ten from noise", async () => {
  const { stdout } = await memlossDone(
    ...["bench", "--what", "attack-start", "--backend", "wasm", "--width", "1"],
    ...["--batch-size", "2", "--pairs", "2", "--json"],
  );
  const report = JSON.parse(stdout) as BenchReport;
  assert.deepEqual(Object.keys(report), ["attackStart"]);
  const { attacks, ...measured } = report.attackStart!;
  assert.deepEqual(
    { ...measured, adapter: "" },
    { width: 1, batchSize: 2, backend: "wasm", adapter: "", pairs: 2 },
  );
  const counted = attacks.map((
    { start, steps, passes, expectedRatio },
  ) => [start, steps, passes, expectedRatio]);
  assert.deepEqual(counted, [
    ["noise", 10, 30, 1],
    ["memory", 3, 16, 30 / 16],
    ["memory", 2, 14, 30 / 14],
    ["memory", 1, 12, 30 / 12],
  ]);
  assert.deepEqual(attacks[0]!.ratio, { median: 1, least: 1, most: 1 });
  for (const { seconds, imagesPerSecond, ratio } of attacks) {
    assert.ok(seconds.least > 0 && seconds.least <= seconds.most);
    assert.ok(Math.abs(imagesPerSecond.most * seconds.least - 2) < 1e-9);
    assert.ok(ratio.least > 0);
  }
});

Deno.test("memloss bench --what host says what the device would wait for", async () => {
  const { stdout } = await memlossDone(
    ...["bench", "--what", "host", "--width", "1", "--batch-size", "1"],
  );
  assert.match(stdout, /^the host's part of the V1 step, width 1, batch 1, 39 steps /);
  assert.match(stdout, /^ {2}from the attack's result to the gradients {2}[\d.]+ \[/m);
  assert.match(stdout, /^images\/s \d+ \[/m);
});

Deno.test("memloss bench --what roofline prints a table for every mode", async () => {
  const { stdout } = await memlossDone("bench", "--what", "roofline");
  for (const mode of ["forward", "inputGradient", "filterGradient"]) {
    assert.match(stdout, new RegExp(`^${mode}\n  layer +variant, kernel +workgroups`, "m"));
  }
  assert.match(stdout, /^ {2}3x3, 4x4, 512 to 512 /m);
});
