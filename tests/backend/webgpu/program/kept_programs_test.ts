import assert from "node:assert/strict";
import { KeptPrograms } from "../../../../src/backend/webgpu/program/kept_programs.ts";
import type { Plan } from "../../../../src/backend/webgpu/program/plan.ts";

const MIB = 2 ** 20;

/** Keeps programs of `count` shapes, of `mib` MiB of their own each, making room as one goes; says which are gone. */
function keepAll(kept: KeptPrograms<ReturnType<typeof made>>, count: number, mib: number) {
  const gone: number[] = [];
  for (let shape = 0; shape < count; shape++) {
    kept.makeRoom();
    kept.add(`${shape}`, made(mib, () => gone.push(shape)));
  }
  return gone;
}

function made(mib: number, dispose: () => void) {
  const blocks: Plan["blocks"] = [
    { storage: { kind: "buffer", bytes: mib * MIB }, lasting: true },
    { storage: { kind: "buffer", bytes: 2 ** 40 }, lasting: false }, // the pool's, which counts once for all
  ];
  const none: Omit<Plan, "blocks"> = {
    ...{ dispatches: [], marks: [], constants: [], inputs: new Map(), outputs: new Map() },
    copies: [],
  };
  return { program: { plan: { ...none, blocks }, dispose } };
}

Deno.test("KeptPrograms keep as many as batches have numbers of memory examples", () => {
  assert.deepEqual(keepAll(new KeptPrograms(), 64, 0), []);
  assert.deepEqual(keepAll(new KeptPrograms(), 66, 0), [0, 1]);
});

Deno.test("KeptPrograms keep no more than 256 MiB, but four whatever they take", () => {
  assert.deepEqual(keepAll(new KeptPrograms(), 4, 1000), []);
  assert.deepEqual(keepAll(new KeptPrograms(), 6, 1000), [0, 1]);
  assert.deepEqual(
    keepAll(new KeptPrograms(), 9, 32),
    [],
    "eight of 32 MiB leave room for another",
  );
  assert.deepEqual(keepAll(new KeptPrograms(), 10, 32), [0]);
});

Deno.test("KeptPrograms drop what was used longest ago, and say so", () => {
  const kept = new KeptPrograms<ReturnType<typeof made>>();
  keepAll(kept, 5, 100);
  assert.ok(kept.use("1"), "the first is gone by now");
  assert.equal(kept.use("0"), undefined);
  const [gone, ...more] = kept.makeRoom();
  assert.equal(more.length, 0);
  assert.ok(gone);
  assert.equal(kept.use("2"), undefined);
  for (const shape of ["1", "3", "4"]) assert.ok(kept.use(shape));
});
