import assert from "node:assert/strict";
import { advised, asTyped, shellWord } from "../../src/format/command_line.ts";

Deno.test("advised() writes a command that asTyped() has the program called by its name in", () => {
  const text = `It is missing; ${advised("data", "fetch", "cifar10", "--data-dir", "my data")}.`;
  assert.equal(text, "It is missing; `memloss data fetch cifar10 --data-dir 'my data'`.");
  assert.equal(
    asTyped(`${text} ${advised("doctor")}`, "'/my $& bin/memloss'"),
    "It is missing; `'/my $& bin/memloss' data fetch cifar10 --data-dir 'my data'`. " +
      "`'/my $& bin/memloss' doctor`",
  );
  assert.equal(asTyped("as memloss exports them", "x"), "as memloss exports them");
});

Deno.test("shellWord() quotes what a shell would not read back", () => {
  assert.equal(shellWord("runs/v1-seed1"), "runs/v1-seed1");
  assert.equal(shellWord("it's here"), "'it'\\''s here'");
});
