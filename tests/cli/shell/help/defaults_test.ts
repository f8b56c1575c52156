/** What a flag is unless given is another thing where there is a run, or a table, than where one is begun. */
import assert from "node:assert/strict";
import { command as evalCommand } from "../../../../src/cli/eval.ts";
import { command as memory } from "../../../../src/cli/memory.ts";
import { command as reproduce } from "../../../../src/cli/reproduce.ts";
import { command as verifyRun } from "../../../../src/cli/verify_run.ts";
import { RECIPE_FLAGS } from "../../../../src/recipe/fields.ts";
import type { Flag } from "../../../../src/recipe/flag.ts";

/** What without a service is read of a run is the folder's, whichever the run has. */
const SAME = ["memoryIndex"];

Deno.test("the help of commands on a run or a table has no default of a new run's", () => {
  const flags: Readonly<Record<string, Flag>> = RECIPE_FLAGS;
  const said: string[] = [];
  for (const { name, flags: own } of [evalCommand, memory, reproduce, verifyRun]) {
    for (const [field, { help }] of Object.entries(own)) {
      if (flags[field] === undefined || SAME.includes(field)) continue;
      said.push(field);
      assert.notEqual(help, flags[field].help, `memloss ${name} --${flags[field].name}`);
    }
  }
  assert.ok(said.length > 15, `${said}`);
  assert.match(evalCommand.flags.attackEps!.help, /; default the run's own, of a file 8\/255, /);
});
