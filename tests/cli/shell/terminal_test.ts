import assert from "node:assert/strict";
import { StatusLine, type StatusSink } from "../../../src/cli/shell/terminal.ts";

/** Gathers what is written; its clock stands until `time` is set. */
class FakeSink implements StatusSink {
  text = "";
  time = 100;

  constructor(readonly terminal: boolean, readonly columns = 80) {}

  write(text: string): void {
    this.text += text;
  }

  now(): number {
    return this.time;
  }
}

/** Stands for the three characters that erase to the end of the line. */
const ERASE = "\f";

/** What a terminal of `columns` shows of `text`: rows, with `\r` and erasing carried out. */
function screen(text: string, columns: number): string[] {
  const rows = [""];
  let column = 0;
  for (const piece of text.replaceAll("\x1b[K", ERASE)) {
    const row = rows.at(-1)!;
    if (piece === "\n") rows.push(""), column = 0;
    else if (piece === "\r") column = 0;
    else if (piece === ERASE) rows[rows.length - 1] = row.slice(0, column);
    else if (column === columns) rows.push(piece), column = 1;
    else rows[rows.length - 1] = row.slice(0, column) + piece + row.slice(++column);
  }
  return rows;
}

Deno.test("StatusLine redraws one line of a terminal, at most ten times a second", () => {
  const sink = new FakeSink(true);
  const status = new StatusLine(sink);
  status.update("a long first status");
  sink.time += 0.05;
  status.update("too soon");
  assert.deepEqual(screen(sink.text, 80), ["a long first status"]);
  sink.time += 0.06;
  status.update("second");
  assert.deepEqual(screen(sink.text, 80), ["second"]);
  assert.ok(!sink.text.includes("too soon"));
});

Deno.test("StatusLine keeps a status that is too long on one row of the terminal", () => {
  const sink = new FakeSink(true, 20);
  const status = new StatusLine(sink);
  status.update("epoch 1/50 step 100/391  loss 2.4586");
  sink.time += 1;
  status.update("epoch 1/50 step 101/391  loss 2.4585");
  assert.deepEqual(screen(sink.text, 20), ["epoch 1/50 step 101"]);
  status.print("Done, and this line may be as long as it likes.");
  assert.equal(screen(sink.text, 20).join(""), "Done, and this line may be as long as it likes.");
});

Deno.test("StatusLine leaves printed lines standing above the status", () => {
  const sink = new FakeSink(true);
  const status = new StatusLine(sink);
  status.update("step 1");
  status.print("epoch 1");
  sink.time += 1;
  status.update("step 2");
  assert.deepEqual(screen(sink.text, 80), ["epoch 1", "step 2"]);
  status.clear();
  assert.deepEqual(screen(sink.text, 80), ["epoch 1", ""]);
});

Deno.test("StatusLine writes plain lines, ten seconds apart, where there is no terminal", () => {
  const sink = new FakeSink(false, 20);
  const status = new StatusLine(sink);
  status.update("step 1, and what is longer than a terminal's line stays whole");
  sink.time += 9.9;
  status.update("step 2");
  status.print("epoch 1");
  sink.time += 0.1;
  status.update("step 3");
  status.clear();
  assert.equal(
    sink.text,
    "step 1, and what is longer than a terminal's line stays whole\nepoch 1\nstep 3\n",
  );
});
