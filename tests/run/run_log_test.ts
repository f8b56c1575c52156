import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EpochMetrics, StepMetrics } from "../../src/run/metrics.ts";
import { RunLog } from "../../src/run/run_log.ts";
import { inTemporary } from "../memory/support.ts";

const START = { epoch: 0, step: 0, complete: true };
const STEPS = 3;
const TERMS = ["ce", "kl", "memory"];

function stepLine(epoch: number, step: number): StepMetrics {
  const terms = { ce: 1 / step, kl: 0.1 + 0.2 };
  const loss = epoch + 0.1;
  return { kind: "step", epoch, step, loss, terms, lr: 0.1, momentum: 0.9, imagesPerSecond: 10 };
}

function epochLine(epoch: number, more: Partial<EpochMetrics> = {}): EpochMetrics {
  const terms = { ce: 0.5, kl: 0.25 };
  return { kind: "epoch", epoch, loss: 1.5, terms, imagesPerSecond: 20, seconds: 3, ...more };
}

/** Runs `use` in a folder with the log of two epochs of three steps, the second without its own line. */
function withLog(use: (directory: string, lines: string[]) => Promise<void> | void): Promise<void> {
  return inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    for (let step = 1; step <= STEPS; step++) await log.append(stepLine(1, step));
    await log.append(epochLine(1));
    for (let step = 1; step <= STEPS; step++) await log.append(stepLine(2, step));
    log.close();
    await use(directory, await readLines(directory));
  });
}

async function readLines(directory: string): Promise<string[]> {
  return (await Deno.readTextFile(join(directory, "metrics.jsonl"))).split("\n").slice(0, -1);
}

Deno.test("RunLog.append() adds one line of JSON for every step and epoch", () =>
  withLog((_, lines) => {
    const expected = [
      ...[1, 2, 3].map((step) => stepLine(1, step)),
      epochLine(1),
      ...[1, 2, 3].map((step) => stepLine(2, step)),
    ];
    assert.deepEqual(lines.map((line) => JSON.parse(line)), expected);
  }));

for (
  const { at, kept } of [
    { at: { epoch: 2, step: 3, complete: false }, kept: 7 },
    { at: { epoch: 2, step: 1, complete: false }, kept: 5 },
    { at: { epoch: 2, step: 0, complete: false }, kept: 4 },
    { at: { epoch: 1, step: 3, complete: true }, kept: 4 },
    { at: { epoch: 1, step: 3, complete: false }, kept: 3 },
    { at: { epoch: 1, step: 2, complete: false }, kept: 2 },
    { at: START, kept: 0 },
  ]
) {
  const where = `epoch ${at.epoch}, step ${at.step}${at.complete ? ", complete" : ""}`;
  Deno.test(`RunLog.open() cuts the log back to a checkpoint at ${where}`, () =>
    withLog(async (directory, lines) => {
      const log = await RunLog.open(directory, at, TERMS);
      assert.deepEqual(await readLines(directory), lines.slice(0, kept));
      await log.append(stepLine(9, 9));
      log.close();
      assert.deepEqual(await readLines(directory), [
        ...lines.slice(0, kept),
        JSON.stringify(stepLine(9, 9)),
      ]);
    }));
}

Deno.test("RunLog has the lines of all epochs that are over, of this sitting and earlier ones", () =>
  withLog(async (directory) => {
    const log = await RunLog.open(directory, { epoch: 2, step: 3, complete: false }, TERMS);
    assert.deepEqual(log.epochs, [epochLine(1)]);
    await log.append(epochLine(2));
    await log.append(stepLine(3, 1));
    assert.deepEqual(log.epochs, [epochLine(1), epochLine(2)]);
    log.close();
    const anew = await RunLog.open(directory, START, TERMS);
    assert.deepEqual(anew.epochs, []);
    anew.close();
  }));

Deno.test("RunLog.open() drops a line that a crash tore, wherever it was torn", () =>
  withLog(async (directory, lines) => {
    const torn = JSON.stringify(stepLine(3, 1));
    const path = join(directory, "metrics.jsonl");
    for (const length of [1, 10, torn.length - 1]) {
      await Deno.writeTextFile(path, lines.join("\n") + "\n" + torn.slice(0, length));
      (await RunLog.open(directory, { epoch: 3, step: 1, complete: false }, TERMS)).close();
      assert.deepEqual(await readLines(directory), lines, `${length} characters`);
    }
  }));

Deno.test("RunLog.append() writes one row of the table for every epoch", () =>
  inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    await log.append(stepLine(1, 1));
    await log.append(epochLine(1));
    await log.append(
      epochLine(2, {
        terms: { ce: 0.5, kl: 0.25, memory: 0.125 },
        cleanAccuracy: 0.75,
        robustAccuracy: 0,
      }),
    );
    log.close();
    assert.equal(
      await Deno.readTextFile(join(directory, "metrics.csv")),
      "epoch,loss,ce,kl,memory,clean_accuracy,robust_accuracy,images_per_second,seconds\n" +
        "1,1.5,0.5,0.25,,,,20,3\n" +
        "2,1.5,0.5,0.25,0.125,0.75,0,20,3\n",
    );
  }));

Deno.test("RunLog leaves a speed that is not known out of the table, whoever wrote it", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "metrics.csv");
    const header =
      "epoch,loss,ce,kl,memory,clean_accuracy,robust_accuracy,images_per_second,seconds";
    // What an earlier version left: a row without a line, and a line.
    await Deno.writeTextFile(path, `${header}\n1,1.5,0.5,0.25,,,,0,3\n`);
    const before = JSON.stringify(epochLine(2, { imagesPerSecond: 0 }));
    await Deno.writeTextFile(join(directory, "metrics.jsonl"), `${before}\n`);
    const log = await RunLog.open(directory, { epoch: 2, step: STEPS, complete: true }, TERMS);
    const { imagesPerSecond: _, ...unknown } = epochLine(3);
    await log.append(unknown);
    log.close();
    const rows = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assert.deepEqual(rows, [
      header,
      ...[1, 2, 3].map((epoch) => `${epoch},1.5,0.5,0.25,,,,,3`),
    ]);
  }));

Deno.test("RunLog.open() cuts the table back with the log", () =>
  withLog(async (directory) => {
    const rows = async () =>
      (await Deno.readTextFile(join(directory, "metrics.csv"))).trim().split("\n").map((row) =>
        row.split(",")[0]
      );
    const log = await RunLog.open(directory, { epoch: 2, step: 3, complete: false }, TERMS);
    await log.append(epochLine(2));
    log.close();
    assert.deepEqual(await rows(), ["epoch", "1", "2"]);
    (await RunLog.open(directory, { epoch: 2, step: 3, complete: false }, TERMS)).close();
    assert.deepEqual(await rows(), ["epoch", "1"]);
  }));

Deno.test("RunLog.append() names the file when it cannot be written", () =>
  inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    log.close();
    await assert.rejects(log.append(stepLine(1, 1)), {
      name: "RunError",
      message: new RegExp(`^Could not write ${join(directory, "metrics.jsonl")}: `),
    });
  }));

Deno.test("RunLog.open() cuts damaged examples back with the steps that did without them", () =>
  inTemporary(async (directory) => {
    const note = (step: number) =>
      ({ kind: "damage", epoch: 2, step, image: 7, fault: "torn" }) as const;
    const log = await RunLog.open(directory, START, TERMS);
    for (const step of [1, 2]) {
      await log.append(note(step));
      await log.append(stepLine(2, step));
    }
    log.close();
    (await RunLog.open(directory, { epoch: 2, step: 1, complete: false }, TERMS)).close();
    const kept = (await readLines(directory)).map((line) => JSON.parse(line));
    assert.deepEqual(kept, [note(1), stepLine(2, 1)]);
  }));

Deno.test("RunLog.open() drops lines that are JSON and none of the log's", () =>
  withLog(async (directory, lines) => {
    const path = join(directory, "metrics.jsonl");
    const odd = [
      ...["null", "7", '"text"', "[]", "{}", "true"],
      ...['{"epoch":1}', '{"kind":"epoch","epoch":1}', '{"kind":"epoch","epoch":1,"terms":null}'],
      ...['{"kind":"step","epoch":1}', '{"kind":"other","epoch":1,"step":1,"terms":{}}'],
      '{"kind":"step","epoch":1,"step":1}',
    ];
    await Deno.writeTextFile(path, [...odd, ...lines, ...odd].join("\n") + "\n");
    (await RunLog.open(directory, { epoch: 2, step: 3, complete: false }, TERMS)).close();
    assert.deepEqual(await readLines(directory), lines);
  }));

Deno.test("RunLog.open() keeps rows of the table whose lines the log has lost", () =>
  inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    for (const epoch of [1, 2, 3]) await log.append(epochLine(epoch));
    log.close();
    const path = join(directory, "metrics.jsonl"), table = join(directory, "metrics.csv");
    const lines = await readLines(directory), rows = await Deno.readTextFile(table);
    await Deno.writeTextFile(path, lines[0] + "\n" + lines[1]!.slice(0, 9)); // what a power cut may leave
    (await RunLog.open(directory, { epoch: 3, step: STEPS, complete: true }, TERMS)).close();
    assert.equal(await Deno.readTextFile(table), rows);
    // Cut back, it loses rows as before; with other columns, it keeps the cells that they have.
    (await RunLog.open(directory, { epoch: 2, step: STEPS, complete: true }, ["ce", "bce"]))
      .close();
    assert.equal(
      await Deno.readTextFile(table),
      "epoch,loss,ce,bce,clean_accuracy,robust_accuracy,images_per_second,seconds\n" +
        "1,1.5,0.5,,,,20,3\n2,1.5,0.5,,,,20,3\n",
    );
    await Deno.writeTextFile(table, "no table\n1,2\n\0");
    const log2 = await RunLog.open(directory, { epoch: 2, step: STEPS, complete: true }, TERMS);
    await log2.append(epochLine(3));
    log2.close();
    const epochs = (await Deno.readTextFile(table)).trim().split("\n").map((row) =>
      row.split(",")[0]
    );
    assert.deepEqual(epochs, ["epoch", "1", "3"]);
  }));

Deno.test("RunLog.flush() flushes the log to the device, and names it when that fails", () =>
  inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    const { sync } = Deno.FsFile.prototype;
    let flushed = 0;
    Deno.FsFile.prototype.sync = function () {
      flushed++;
      return sync.call(this);
    };
    try {
      await log.flush();
    } finally {
      Deno.FsFile.prototype.sync = sync;
    }
    assert.equal(flushed, 1);
    log.close();
    await assert.rejects(log.flush(), {
      name: "RunError",
      message: new RegExp(`^Could not write ${join(directory, "metrics.jsonl")}: `),
    });
  }));

Deno.test("RunLog.speedBefore() is that of the steps before this sitting, of the epoch alone", () =>
  inTemporary(async (directory) => {
    const log = await RunLog.open(directory, START, TERMS);
    await log.append({ ...stepLine(1, 1), imagesPerSecond: 1000 });
    await log.append({ ...stepLine(2, 1), imagesPerSecond: 10 });
    await log.append({ ...stepLine(2, 2), imagesPerSecond: 30 });
    assert.equal(log.speedBefore(2), undefined);
    log.close();
    const again = await RunLog.open(directory, { epoch: 2, step: 2, complete: false }, TERMS);
    assert.ok(Math.abs(again.speedBefore(2)! - 15) < 1e-9); // one image each: 2 in 1/10 + 1/30 s
    assert.equal(again.speedBefore(3), undefined);
    again.close();
  }));
