import assert from "node:assert/strict";
import { ProgressBar } from "../../../src/cli/shell/progress_bar.ts";

const MIB = 2 ** 20;

/** A bar whose clock is `clock.time` and whose drawings are in `drawn`. */
function bar(terminal: boolean, columns = 100) {
  const clock = { time: 5_000 };
  const drawn: string[] = [];
  const progress = new ProgressBar({
    label: "cifar10",
    total: 100 * MIB,
    sink: { terminal, columns, write: (text) => drawn.push(text) },
    now: () => clock.time,
  });
  return { clock, drawn, progress };
}

Deno.test("ProgressBar redraws one line on a terminal", () => {
  const { clock, drawn, progress } = bar(true);
  progress.update(0);
  clock.time += 10_000;
  progress.update(25 * MIB);
  assert.deepEqual(drawn, [
    `\rcifar10  [${".".repeat(16)}]    0 %  0.0 / 100.0 MiB`,
    `\rcifar10  [${"#".repeat(4)}${".".repeat(12)}]   25 %  25.0 / 100.0 MiB  2.5 MiB/s  0:30 left`,
  ]);
  clock.time += 30_000;
  progress.update(100 * MIB);
  progress.finish();
  assert.equal(drawn.at(-1), "\n");
  // The shorter line covers what is left of the longer one.
  const line = `cifar10  [${"#".repeat(16)}]  100 %  100.0 / 100.0 MiB  2.5 MiB/s`;
  assert.equal(drawn[2]!.trimEnd(), `\r${line}`);
  assert.equal(drawn[2]!.length, drawn[1]!.length);
});

Deno.test("ProgressBar redraws at most ten times a second", () => {
  const { clock, drawn, progress } = bar(true);
  for (let i = 0; i < 1000; i++) {
    progress.update(i * 1000);
    clock.time += 1;
  }
  assert.equal(drawn.length, 10);
});

Deno.test("ProgressBar measures speed from the byte it resumes at", () => {
  const { clock, drawn, progress } = bar(true);
  progress.update(90 * MIB);
  clock.time += 1000;
  progress.update(91 * MIB);
  assert(drawn[1]!.includes("1.0 MiB/s  0:09 left"), drawn[1]);
  // Starting over from nothing also starts the measurement over.
  clock.time += 1000;
  progress.update(0);
  clock.time += 1000;
  progress.update(2 * MIB);
  assert(drawn[3]!.includes("2.0 MiB/s  0:49 left"), drawn[3]);
});

Deno.test("ProgressBar shows hours when it takes hours", () => {
  const { clock, drawn, progress } = bar(true);
  progress.update(0);
  clock.time += 100_000;
  progress.update(MIB);
  assert(drawn[1]!.endsWith("2:45:00 left"), drawn[1]);
});

Deno.test("ProgressBar fits into 80 columns for a common data set", () => {
  const { clock, drawn, progress } = bar(true, 80);
  progress.update(0);
  clock.time += 1000;
  progress.update(99 * MIB);
  assert(drawn[1]!.endsWith("99.0 MiB/s  0:01 left"), drawn[1]);
});

Deno.test("ProgressBar never fills a narrow terminal's line", () => {
  const { clock, drawn, progress } = bar(true, 40);
  progress.update(50 * MIB);
  clock.time += 1000;
  progress.update(60 * MIB);
  for (const text of drawn) assert(text.length <= 40, text);
});

Deno.test("ProgressBar prints a plain line at most every ten seconds elsewhere", () => {
  const { clock, drawn, progress } = bar(false);
  for (let second = 0; second <= 25; second++) {
    progress.update(second * MIB);
    clock.time += 1000;
  }
  assert.deepEqual(drawn, [
    "cifar10   10 %  10.0 / 100.0 MiB  1.0 MiB/s  1:30 left\n",
    "cifar10   20 %  20.0 / 100.0 MiB  1.0 MiB/s  1:20 left\n",
  ]);
  progress.finish();
  assert.equal(drawn.length, 3);
  assert(drawn.every((line) => !line.includes("\r") && line.endsWith("\n")));
});

Deno.test("ProgressBar.finish() draws once, and nothing when nothing began", () => {
  const begun = bar(true);
  begun.progress.update(MIB);
  begun.progress.finish();
  begun.progress.finish();
  assert.equal(begun.drawn.filter((text) => text === "\n").length, 1);
  const untouched = bar(true);
  untouched.progress.finish();
  assert.deepEqual(untouched.drawn, []);
});
