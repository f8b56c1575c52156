import assert from "node:assert/strict";
import type { BenchReport } from "../../src/bench/report.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";

for (
  const [args, sentence] of [
    [
      ["--what", "kernels,speed"],
      /--what must be a list of kernels, step, attack, attack-start, eval, memory, host, roofline/,
    ],
    [["--compare", "pytorch"], /--compare must be one of stock/],
    [
      ["--what", "roofline", "--compare", "stock"],
      /--compare has a meaning for --what kernels, step only/,
    ],
    [
      ["--what", "roofline", "--pairs", "2"],
      /--pairs has a meaning for --what kernels, step, attack, attack-start, eval only/,
    ],
    [
      ["--what", "kernels", "--no-tune"],
      /--no-tune has a meaning for --what step, attack, attack-start, eval only/,
    ],
    [
      ["--what", "host", "--backend", "wasm"],
      /--backend has a meaning for --what step, attack, attack-start, eval only/,
    ],
    [
      ["--what", "attack-start", "--compare", "stock"],
      /--compare has a meaning for --what kernels, step only/,
    ],
    [
      ["--what", "memory", "--width", "8"],
      /--width has a meaning for --what kernels, step, .*, roofline only/,
    ],
    [["--what", "eval", "--examples", "8"], /--examples has a meaning for --what memory only/],
    [["--memory-codec", "f16"], /--memory-codec has a meaning for --what memory only/],
    [["--what", "memory", "--memory-codec", "f64"], /--memory-codec must be one of int8, f16, f32/],
    [
      ["--what", "kernels,step", "--backend", "wasm"],
      /--backend wasm has a meaning neither for --what kernels nor for --compare/,
    ],
    [
      ["--what", "step", "--compare", "stock", "--backend", "wasm"],
      /--backend wasm has a meaning neither for --what kernels nor for --compare/,
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

/** What is measured of the smallest network on two images, twice. */
async function smallest(what: string): Promise<BenchReport> {
  const { stdout } = await memlossDone(
    ...["bench", "--what", what, "--backend", "wasm", "--width", "1"],
    ...["--batch-size", "2", "--pairs", "2", "--json"],
  );
  return JSON.parse(stdout);
}

Deno.test("memloss bench --what step times the CPU engine's step where it is asked for", async () => {
  const { backend, adapter, step, ...rest } = await smallest("step");
  assert.deepEqual([backend, rest], ["wasm", {}]);
  assert.match(adapter!, /^WebAssembly/);
  const { ours, ...size } = step!;
  assert.deepEqual(size, { width: 1, batchSize: 2, pairs: 2, variants: {} });
  assert.deepEqual(Object.keys(ours), ["seconds", "imagesPerSecond"]);
  assert.ok(ours.seconds.least > 0);
  assert.ok(Math.abs(ours.imagesPerSecond.most * ours.seconds.least - 2) < 1e-9);
});

Deno.test("memloss bench --what attack holds the attacks of training against ten steps of KL", async () => {
  const { attack, ...rest } = await smallest("attack");
  assert.deepEqual([attack!.backend, rest], ["wasm", {}]);
  const counted = attack!.attacks.map((
    { loss, steps, passes, expectedRatio },
  ) => [loss, steps, passes, expectedRatio]);
  assert.deepEqual(counted, [
    ["kl", 10, 21, 1],
    ["memory-kl", 10, 22, 21 / 22],
    ["ce", 10, 20, 21 / 20],
    ["ce", 1, 2, 21 / 2],
  ]);
  const [ten, , , one] = attack!.attacks;
  assert.deepEqual(ten!.ratio, { median: 1, least: 1, most: 1 });
  assert.ok(one!.seconds.least < ten!.seconds.most);
});

Deno.test("memloss bench --what eval times accuracies, and AutoAttack's members by their queries", async () => {
  const { eval: found, ...rest } = await smallest("eval");
  assert.deepEqual([found!.backend, rest], ["wasm", {}]);
  assert.deepEqual(found!.evaluations.map(({ evaluation, passes }) => [evaluation, passes]), [
    ["clean", 1],
    ["fgsm", 3],
    ["pgd20", 41],
  ]);
  assert.deepEqual(found!.members.map(({ member, queries }) => [member, queries]), [
    ["apgd-ce", 100],
    ["apgd-t", 900],
    ["fab-t", 1800],
    ["square", 5000],
  ]);
  let least = 0;
  for (const { queries, queriesPerSecond, secondsPerImage } of found!.members) {
    assert.ok(queriesPerSecond.least > 0 && Number.isFinite(queriesPerSecond.most));
    assert.ok(Math.abs(secondsPerImage.least * queriesPerSecond.most / queries - 1) < 1e-9);
    least += secondsPerImage.least;
  }
  const { least: robust, most } = found!.secondsPerRobustImage;
  assert.ok(robust >= least && most >= robust);
});

Deno.test("memloss bench --what memory,attack,eval prints a table of each", async () => {
  const { stdout } = await memlossDone(
    ...["bench", "--what", "memory,attack,eval", "--backend", "wasm", "--examples", "64"],
    ...["--width", "1", "--batch-size", "2", "--pairs", "1"],
  );
  assert.match(
    stdout,
    /^attacks of training on ResNet-18, width 1, batch 2, 1 times each, in turns, on wasm \(/m,
  );
  assert.match(stdout, /^ {2}10 of memory-kl +22 /m);
  assert.match(stdout, /^ {2}pgd20 +41 /m);
  assert.match(stdout, /^ {2}square +[\d.]+ \[[\d., ]+\] +5000 /m);
  assert.match(stdout, /^all of them: [\d.]+ \[[\d., ]+\] s for an image$/m);
  assert.match(stdout, /^memory of 64 examples, int8, in batches of 2, budget 256 MiB$/m);
  assert.match(stdout, /^ {2}to read a batch +[\d.]+ /m);
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
