import assert from "node:assert/strict";
import { join } from "@std/path";
import { killReproduce } from "../../tasks/kill_reproduce.ts";
import { writeTinyData } from "../cli/tiny.ts";
import { inTemporary } from "../memory/support.ts";

Deno.test("a table that is killed at random moments and continued ends with the same JSON but for times", () =>
  inTemporary(async (directory) => {
    const dataDir = join(directory, "data"), lines: string[] = [];
    await writeTinyData(dataDir);
    const log = (line: string) => lines.push(line);
    const finished = await killReproduce({ kills: 4, seed: 3, dataDir, directory, log });
    assert.ok(finished >= 1, lines.join("\n"));
  }));
