import assert from "node:assert/strict";
import { ProgressBar } from "../../../src/cli/shell/progress_bar.ts";
import { StatusLine } from "../../../src/cli/shell/terminal.ts";
import { FakeSink, screen } from "./fake_sink.ts";

const MIB = 2 ** 20;

/** A bar of 100 MiB and the sink that it draws on. */
function bar(terminal: boolean, columns = 100) {
  const sink = new FakeSink(terminal, columns);
  const progress = new ProgressBar({
    label: "cifar10",
    total: 100 * MIB,
    status: new StatusLine(sink),
  });
  return { sink, progress, rows: () => screen(sink.text, columns) };
}

Deno.test("ProgressBar redraws one line on a terminal, and leaves the last state standing", () => {
  const { sink, progress, rows } = bar(true);
  progress.update(0);
  assert.deepEqual(rows(), [`cifar10  [${".".repeat(16)}]    0 %  0.0 / 100.0 MiB`]);
  sink.time += 10;
  progress.update(25 * MIB);
  assert.deepEqual(rows(), [
    `cifar10  [${"#".repeat(4)}${".".repeat(12)}]   25 %  25.0 / 100.0 MiB  2.5 MiB/s  30s left`,
  ]);
  sink.time += 30;
  progress.update(100 * MIB);
  progress.finish();
  assert.deepEqual(rows(), ["cifar10  100 %  100.0 / 100.0 MiB  2.5 MiB/s", ""]);
});

Deno.test("ProgressBar measures speed from the byte it resumes at", () => {
  const { sink, progress, rows } = bar(true);
  progress.update(90 * MIB);
  sink.time += 1;
  progress.update(91 * MIB);
  assert.match(rows()[0]!, /1\.0 MiB\/s {2}9s left$/);
  // Starting over from nothing also starts the measurement over.
  sink.time += 1;
  progress.update(0);
  sink.time += 1;
  progress.update(2 * MIB);
  assert.match(rows()[0]!, /2\.0 MiB\/s {2}49s left$/);
});

Deno.test("ProgressBar keeps the time left on a narrow terminal, and drops what matters least", () => {
  const shown = [80, 70, 44, 27, 14].map((columns) => {
    const { sink, progress, rows } = bar(true, columns);
    progress.update(0);
    sink.time += 100;
    progress.update(MIB);
    return rows();
  });
  assert.deepEqual(shown, [
    [`cifar10  [${".".repeat(16)}]    1 %  1.0 / 100.0 MiB  0.0 MiB/s  2h45m left`],
    ["cifar10    1 %  1.0 / 100.0 MiB  0.0 MiB/s  2h45m left"],
    ["cifar10    1 %  0.0 MiB/s  2h45m left"],
    ["cifar10    1 %  2h45m left"],
    ["2h45m left"],
  ]);
});

Deno.test("ProgressBar prints plain lines, ten seconds apart, where there is no terminal", () => {
  const { sink, progress } = bar(false);
  for (let second = 0; second <= 15; second++) {
    progress.update(second * MIB);
    sink.time += 1;
  }
  progress.finish();
  assert.deepEqual(sink.text.split("\n"), [
    `cifar10  [${".".repeat(16)}]    0 %  0.0 / 100.0 MiB`,
    `cifar10  [#${".".repeat(15)}]   10 %  10.0 / 100.0 MiB  1.0 MiB/s  1m30s left`,
    "cifar10   15 %  15.0 / 100.0 MiB  0.9 MiB/s",
    "",
  ]);
});

Deno.test("ProgressBar.finish() prints once, and nothing when nothing began", () => {
  const { sink, progress } = bar(false);
  progress.finish();
  assert.equal(sink.text, "");
  progress.update(MIB);
  progress.finish();
  progress.finish();
  assert.equal(sink.text.split("\n").length, 3);
});
