import assert from "node:assert/strict";
import { type Claim, judgeClaims } from "../../../src/report/tables/claims.ts";
import type { Difference } from "../../../src/report/tables/differences.ts";
import { type ResultTable, summarise } from "../../../src/report/tables/results.ts";
import { claimText } from "../../../src/report/tables/texts.ts";

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
    rows: [],
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

Deno.test("judgeClaims() leaves equality open where no interval can show it", () => {
  const judge = (clean: number, autoattack: number) => {
    const step = { first: "a", second: "b", seeds: [1, 2] };
    const differences = [
      { ...step, column: "clean", difference: clean },
      { ...step, column: "autoattack", difference: autoattack },
    ];
    const claim = { ...ORDER, order: ["a", "b"], equal: "autoattack" };
    const [judged] = judgeClaims([claim], { rows: [], differences });
    const { verdict } = claimText(judged!, {
      title: "",
      rows: [],
      columns: [],
      notes: [],
      differences,
    });
    return [judged!.holds, verdict];
  };
  const open = "open: one seed, or the same difference for each, cannot show equality";
  assert.deepEqual(judge(0.02, 0.2), ["unknown", open]);
  assert.equal(judge(0.02, 0)[0], "yes");
  assert.equal(judge(-0.02, 0.2)[0], "no", "the order is wrong in whatever way");
});

/** Rows by name with the clean accuracy of each seed, in percent. */
function measured(accuracies: Record<string, Record<number, number>>): ResultTable {
  const names = Object.keys(accuracies), columns = [{ name: "clean", label: "clean" }];
  const rows = names.map((name) => ({ name, label: name }));
  const runs = names.flatMap((row) =>
    Object.entries(accuracies[row]!).map(([seed, correct]) => {
      const clean = { accuracy: correct / 100, correct, n: 100 };
      return { row, seed: Number(seed), evaluations: { clean } };
    })
  );
  return summarise({ title: "", rows, columns, notes: [] }, runs);
}

Deno.test("judgeClaims() leaves open what the means over all seeds and the paired difference say the opposite of", () => {
  const claim = (...order: string[]): Claim => ({ text: "", column: "clean", order });
  const judge = (table: ResultTable, ...order: string[]) => {
    const [judged] = judgeClaims([claim(...order)], table);
    return { ...judged!, said: claimText(judged!, table) };
  };
  const crossed = measured({ a: { 1: 50, 2: 30 }, b: { 1: 45 } });
  const { holds, beyondChance, said, steps } = judge(crossed, "a", "b");
  assert.deepEqual([holds, beyondChance, steps[0]!.commonSeeds], ["unknown", false, [1]]);
  assert.match(said.verdict, /^open: .* say the opposite$/);
  assert.deepEqual(said.evidence, ["clean: a − b +5.00, seed 1 alone"]);
  assert.equal(judge(crossed, "b", "a").holds, "unknown");
  const agreeing = measured({ a: { 1: 50, 2: 49 }, b: { 1: 45 } });
  assert.equal(judge(agreeing, "a", "b").holds, "yes");
  assert.equal(judge(agreeing, "b", "a").holds, "no");
  const refuted = measured({ a: { 1: 50, 2: 30 }, b: { 1: 45 }, c: { 1: 60 } });
  assert.equal(judge(refuted, "a", "b", "c").holds, "no", "c is above b in whatever way");
});

Deno.test("judgeClaims() takes two seeds with the same difference for no proof", () => {
  const table = measured({ a: { 1: 45, 2: 55 }, b: { 1: 40, 2: 50 } });
  const [judged] = judgeClaims([{ text: "", column: "clean", order: ["a", "b"] }], table);
  assert.deepEqual([judged!.holds, judged!.beyondChance], ["yes", false]);
  assert.equal(table.differences[0]!.overSeeds, undefined);
});
