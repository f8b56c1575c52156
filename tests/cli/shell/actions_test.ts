import assert from "node:assert/strict";
import { actionCommand } from "../../../src/cli/shell/actions.ts";
import { integerFlag, switchFlag } from "../../../src/recipe/flag.ts";

const TABLE = { nEx: integerFlag("n-ex", "images", 1), json: switchFlag("json", "print JSON") };

/** What was done: the action's name, its flags and its operands. */
let done: unknown[] = [];

const command = actionCommand({
  name: "shelf",
  question: "Say what to do with which shelf",
  positionals: "show|import SHELF [FILE]",
  summary: "",
  flags: TABLE,
  actions: {
    show: {
      operands: ["SHELF"],
      flags: ["nEx", "json"],
      act: (...given) => Promise.resolve(void (done = ["show", ...given])),
    },
    import: {
      operands: ["SHELF", "FILE"],
      flags: ["json"],
      act: (...given) => Promise.resolve(void (done = ["import", ...given])),
    },
  },
  examples: [],
});

async function refuses(args: string[], message: string): Promise<void> {
  done = [];
  await assert.rejects(command.run(args), { name: "UsageError", message });
  assert.deepEqual(done, []);
}

Deno.test("actionCommand() does what the first positional says", async () => {
  await command.run(["show", "a", "--n-ex", "3"]);
  assert.deepEqual(done, ["show", { nEx: 3 }, ["a"]]);
  await command.run(["import", "a", "--json", "b"]);
  assert.deepEqual(done, ["import", { json: true }, ["a", "b"]]);
});

Deno.test("actionCommand() suggests the action that is near, and lists all where none is", async () => {
  await refuses(["shwo", "a"], 'Unknown action "shwo": did you mean memloss shelf show?');
  const question = "Say what to do with which shelf: memloss shelf show|import SHELF [FILE].";
  for (const args of [[], ["wipe", "a"], ["constructor", "a"]]) await refuses(args, question);
});

Deno.test("actionCommand() refuses operands that are missing or too many", async () => {
  await refuses(["show"], "SHELF is missing: memloss shelf show SHELF");
  await refuses(["import", "a"], "FILE is missing: memloss shelf import SHELF FILE");
  await refuses(["show", "a", "b"], 'Unexpected argument "b": memloss shelf show SHELF');
  await refuses(["import", "a", "b", "c"], 'Unexpected argument "c": see --help.');
});

Deno.test("actionCommand() refuses a flag of another action", async () => {
  await refuses(
    ["import", "a", "b", "--n-ex", "3"],
    "--n-ex has no meaning for memloss shelf import.",
  );
});
