import assert from "node:assert/strict";
import { killTest } from "../../tasks/kill_test.ts";
import { inTemporary } from "../memory/support.ts";

Deno.test("a trainer that is killed at any moment and resumed ends with the same bytes", () =>
  inTemporary(async (directory) => {
    const lines: string[] = [];
    const options = { kills: 8, seed: 2, directory };
    const result = await killTest({ ...options, log: (line) => lines.push(line) });
    assert.equal(result.kills, options.kills, lines.join("\n"));
    assert.ok(result.finished >= 1);
  }));
