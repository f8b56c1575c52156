import assert from "node:assert/strict";
import { compareInTurns } from "../../src/bench/turns.ts";

Deno.test("compareInTurns() holds every side against the first of its own turn, and forgets the runs before", async () => {
  const calls: string[] = [], told: string[] = [];
  const side = (name: string, passes: number, seconds: readonly number[]) => {
    const left = [...seconds];
    const run = () => {
      calls.push(name);
      return Promise.resolve(left.shift()!);
    };
    return { name, passes, run };
  };
  // One to compile, then a turn that counts after one that does not, twice.
  const sides = [side("a", 30, [100, 50, 4, 50, 8]), side("b", 10, [100, 50, 2, 50, 1])];
  const [a, b] = await compareInTurns(sides, 16, 2, (what) => told.push(what));
  assert.equal(calls.join(""), "abaabbaabb");
  assert.deepEqual(told.slice(0, 3), ["a: the first time", "b: the first time", "turn 1 of 2: a"]);
  assert.deepEqual(a!.seconds, { median: 6, least: 4, most: 8 });
  assert.deepEqual(a!.ratio, { median: 1, least: 1, most: 1 });
  assert.deepEqual(b!.imagesPerSecond, { median: 12, least: 8, most: 16 });
  assert.deepEqual(b!.ratio, { median: 5, least: 2, most: 8 });
  assert.deepEqual([a!.expectedRatio, b!.expectedRatio, b!.passes], [1, 3, 10]);
});
