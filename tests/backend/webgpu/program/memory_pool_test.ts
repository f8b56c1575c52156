import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, type Storage } from "../../../../src/backend/webgpu/program/kernel.ts";
import { Slots } from "../../../../src/backend/webgpu/program/memory_pool.ts";

const storages: fc.Arbitrary<Storage> = fc.oneof(
  fc.integer({ min: 1, max: 1000 }).map((n): Storage => ({ kind: "buffer", bytes: 16 * n })),
  fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }))
    .map(([width, height]): Storage => ({ kind: "texture", width, height })),
);
const programs = fc.array(fc.array(storages, { maxLength: 8 }), { minLength: 1, maxLength: 5 });

Deno.test("Slots.reserve() gives every block of a program a slot of its own that is large enough", () => {
  fc.assert(fc.property(programs, (programs) => {
    const slots = new Slots();
    const reserved = programs.map((blocks) => slots.reserve(blocks));
    programs.forEach((blocks, p) => {
      assert.equal(new Set(reserved[p]).size, blocks.length);
      blocks.forEach((block, i) => {
        const slot = slots.storages[reserved[p]![i]!]!;
        assert.equal(slot.kind, block.kind);
        if (slot.kind === "buffer" && block.kind === "buffer") assert.ok(slot.bytes >= block.bytes);
        if (slot.kind === "texture" && block.kind === "texture") {
          assert.ok(slot.width >= block.width && slot.height >= block.height);
        }
      });
    });
  }));
});

Deno.test("Slots need no more than the programs one after another, nor less than the largest of them", () => {
  const buffers = fc.array(fc.array(storages.filter(({ kind }) => kind === "buffer")));
  const sum = (blocks: readonly Storage[]) =>
    blocks.reduce((total, block) => total + bytesOf(block), 0);
  fc.assert(fc.property(buffers, (programs) => {
    const slots = new Slots();
    for (const blocks of programs) slots.reserve(blocks);
    const needs = programs.map(sum);
    assert.ok(slots.bytes >= Math.max(0, ...needs));
    assert.ok(slots.bytes <= needs.reduce((a, b) => a + b, 0));
  }));
});

Deno.test("Slots of equal programs are those of one", () => {
  const slots = new Slots();
  const blocks: Storage[] = [64, 16, 32].map((bytes) => ({ kind: "buffer", bytes }));
  const first = slots.reserve(blocks);
  assert.deepEqual(slots.reserve(blocks), first);
  assert.equal(slots.bytes, 112);
});
