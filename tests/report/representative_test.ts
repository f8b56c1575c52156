import assert from "node:assert/strict";
import { type Chosen, representative } from "../../src/report/representative.ts";

/** What is chosen for a run of seed 1, by its name. */
function chosen(evaluations: Readonly<Record<string, Partial<Chosen>>>): string | undefined {
  const all = Object.entries(evaluations);
  return representative(all, 1, ([, each]) => ({ n: 4, seed: 1, restarts: 1, ...each }))?.[0];
}

Deno.test("representative() takes the most images, the run's own seed, the fewest restarts, the first", () => {
  assert.equal(chosen({ a: {}, b: { n: 5, seed: 2, restarts: 5 }, c: {} }), "b");
  assert.equal(chosen({ a: { seed: 0 }, b: { restarts: 5 }, c: { seed: 2 } }), "b");
  assert.equal(chosen({ a: { restarts: 5 }, b: { restarts: 2 }, c: { restarts: 3 } }), "b");
  assert.equal(chosen({ a: { seed: 3 }, b: { seed: 2 } }), "a");
  assert.equal(chosen({}), undefined);
});
