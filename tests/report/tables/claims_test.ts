import assert from "node:assert/strict";
import { type Claim, judgeClaims } from "../../../src/report/tables/claims.ts";
import type { Difference } from "../../../src/report/tables/differences.ts";

/** Rows a, b, c: `ab` is a − b. */
function table(ab: number, bc: number, half: number) {
  const difference = (
    first: string,
    second: string,
    column: string,
    value: number,
  ): Difference => ({
    ...{ column, first, second, difference: value, seeds: [1, 2, 3] },
    overSeeds: { low: value - half, high: value + half },
  });
  return {
    differences: [
      difference("a", "b", "clean", ab),
      difference("b", "c", "clean", bc),
      difference("a", "b", "autoattack", 0.001),
    ],
  };
}

const ORDER: Claim = { text: "a over b over c", column: "clean", order: ["a", "b", "c"] };

Deno.test("judgeClaims() says whether every mean is in its place, and whether beyond chance", () => {
  const judge = (ab: number, bc: number, half: number) => {
    const [{ holds, beyondChance }] = judgeClaims([ORDER], table(ab, bc, half)) as [
      ReturnType<typeof judgeClaims>[number],
    ];
    return [holds, beyondChance];
  };
  assert.deepEqual(judge(0.02, 0.03, 0.01), ["yes", true]);
  assert.deepEqual(judge(0.02, 0.03, 0.025), ["yes", false]);
  assert.deepEqual(judge(0.02, -0.03, 0.01), ["no", false]);
});

Deno.test("judgeClaims() reads differences that were taken the other way round", () => {
  const claim = { ...ORDER, order: ["c", "b"] };
  const [{ holds, beyondChance, steps }] = judgeClaims([claim], table(0.02, -0.03, 0.01)) as [
    ReturnType<typeof judgeClaims>[number],
  ];
  assert.deepEqual([holds, beyondChance, steps[0]!.difference], ["yes", true, 0.03]);
  assert(Math.abs(steps[0]!.overSeeds!.low - 0.02) < 1e-12);
});

Deno.test("judgeClaims() wants equality where it was claimed, and does not judge what is not measured", () => {
  const equal = { ...ORDER, order: ["a", "b"], equal: "autoattack" };
  const holds = (claim: Claim, half: number) =>
    judgeClaims([claim], table(0.02, 0.03, half))[0]!.holds;
  assert.equal(holds(equal, 0.01), "yes");
  assert.equal(holds(equal, 0.0005), "no", "0.001 ± 0.0005 is a difference");
  assert.equal(holds({ ...ORDER, equal: "autoattack" }, 0.01), "unknown");
  assert.equal(holds({ ...ORDER, order: ["a", "d"] }, 0.01), "unknown");
});
