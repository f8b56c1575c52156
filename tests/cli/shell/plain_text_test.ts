import assert from "node:assert/strict";
import { plainText } from "../../../src/cli/shell/plain_text.ts";
import { StatusLine } from "../../../src/cli/shell/terminal.ts";
import { assertRefused, memloss } from "../memloss.ts";
import { FakeSink } from "./fake_sink.ts";

Deno.test("plainText() shows controls instead of sending them, and leaves every other text as it is", () => {
  const text = 'ε = 8/255\tMiB/s\nCSV\r\n日本 👍🏽 ’ é — "\\u001b"';
  assert.equal(plainText(text), text);
  const cases = [
    ["\x1b[2Jgone", "\\u001b[2Jgone"],
    ["\x1b]0;title\x07", "\\u001b]0;title\\u0007"],
    ["\x9b31m", "\\u009b31m"],
    ["over\rwritten\b\x7f\0", "over\\u000dwritten\\u0008\\u007f\\u0000"],
    ["\u202egnp.exe", "\\u202egnp.exe"],
    ["a\u2028b\u2066c", "a\\u2028b\\u2066c"],
  ] as const;
  for (const [given, shown] of cases) assert.equal(plainText(given), shown);
});

Deno.test("plainText() leaves a JSON document as valid as it was, with the same meaning", () => {
  const value = { name: "\x9b31m\u202e\x7f\x1b", list: [1, "a\nb"] };
  const shown = plainText(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(shown), value);
  assert.doesNotMatch(shown, /(?!\n)[\p{Cc}\u202e]/u);
});

for (const terminal of [true, false]) {
  Deno.test(`StatusLine sends no control of its text to ${terminal ? "a terminal" : "a file"}`, () => {
    const sink = new FakeSink(terminal);
    const line = new StatusLine(sink);
    line.update("epoch \x1b[2J");
    line.print("note: \x1b]0;x\x07");
    const written = sink.text.replaceAll("\r\x1b[K", "");
    assert.equal(written.replaceAll("\n", ""), "epoch \\u001b[2Jnote: \\u001b]0;x\\u0007");
  });
}

Deno.test("memloss sends no control that a file's name holds to the terminal", async () => {
  const outcome = await memloss("eval", "gone\x1b[2J\x9b.safetensors");
  assertRefused(outcome, 2, /gone\\u001b\[2J\\u009b\.safetensors/);
});
