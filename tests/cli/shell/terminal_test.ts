import assert from "node:assert/strict";
import { StatusLine } from "../../../src/cli/shell/terminal.ts";
import { startDeno } from "../../testing/program.ts";
import { ROOT } from "../memloss.ts";
import { FakeSink, screen } from "./fake_sink.ts";

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

Deno.test("StatusLine shows the first text that fits on the terminal's line", () => {
  const texts = ["step 1  loss 2.4586  12.0 images/s  3h00m left", "step 1  3h00m left", "3h left"];
  const shown = (terminal: boolean, columns: number) => {
    const sink = new FakeSink(terminal, columns);
    new StatusLine(sink).update(texts[0]!, ...texts.slice(1));
    return screen(sink.text, columns)[0];
  };
  assert.deepEqual([80, 47, 46, 20, 19, 18, 8, 5].map((columns) => shown(true, columns)), [
    ...[texts[0], texts[0], texts[1], texts[1], texts[1], texts[2], texts[2], "3h l"],
  ]);
  assert.ok(shown(false, 5)!.startsWith("step "));
  const plain = new FakeSink(false, 5);
  new StatusLine(plain).update("whole text", "part");
  assert.equal(plain.text, "whole text\n");
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

Deno.test("silence() leaves warnings and no other status lines", async () => {
  const script = `import { silence, StatusLine } from "./src/cli/shell/terminal.ts";
    const status = new StatusLine();
    status.print("before");
    silence();
    status.print("after");
    status.update("a step");
    status.print("warning: an image");
    status.clear();`;
  const { code, stderr } = await startDeno(["eval", script], ROOT).ended;
  assert.deepEqual([code, stderr], [0, "before\nwarning: an image"]);
});
