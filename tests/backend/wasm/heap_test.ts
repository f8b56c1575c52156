import assert from "node:assert/strict";
import fc from "fast-check";
import { Heap } from "../../../src/backend/wasm/heap.ts";
import { RunError } from "../../../src/errors.ts";

Deno.test("Heap.allocate() gives aligned blocks that never overlap, with room to read on behind them", () => {
  const steps = fc.array(
    fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), free: fc.nat(30) }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, (steps) => {
      const heap = new Heap(false);
      const live: { address: number; bytes: number }[] = [];
      for (const { bytes, free } of steps) {
        const address = heap.allocate(bytes);
        assert.equal(address % 64, 0);
        assert.ok(address + bytes + 64 <= heap.memory.buffer.byteLength);
        for (const other of live) {
          const apart = address + bytes + 64 <= other.address ||
            other.address + other.bytes + 64 <= address;
          assert.ok(apart, "blocks overlap");
        }
        live.push({ address, bytes });
        if (free < live.length) heap.free(live.splice(free, 1)[0]!.address);
      }
      for (const { address } of live) heap.free(address);
      assert.equal(heap.usedBytes, 0);
    }),
    { seed: 1, numRuns: 60 },
  );
});

Deno.test("Heap.free() joins neighbours, so that their room is found again", () => {
  const heap = new Heap(false);
  const addresses = Array.from({ length: 8 }, () => heap.allocate(1 << 20));
  const reserved = heap.reservedBytes;
  for (const index of [1, 3, 2, 0, 7, 5, 6, 4]) heap.free(addresses[index]!);
  assert.equal(heap.allocate(8 << 20), addresses[0]);
  assert.equal(heap.reservedBytes, reserved);
});

Deno.test("Heap.free() refuses what is no block", () => {
  const heap = new Heap(false);
  const address = heap.allocate(10);
  assert.throws(() => heap.free(address + 64), /no block/);
  heap.free(address);
  assert.throws(() => heap.free(address), /no block/);
});

Deno.test("Heap.allocate() says so when the memory is full, and goes on", () => {
  const heap = new Heap(false);
  assert.throws(() => heap.allocate(5e9), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /^The CPU engine has no room .* try a smaller --batch-size\.$/);
    return true;
  });
  assert.ok(heap.allocate(100) > 0);
});

Deno.test("Heap.floats() shows the same values after a shared memory has grown", () => {
  const heap = new Heap(true);
  const address = heap.allocate(16);
  const before = heap.floats(address, 4);
  before.set([1, 2, 3, 4]);
  heap.allocate(64 << 20);
  const after = heap.floats(address, 4);
  assert.deepEqual([...after], [1, 2, 3, 4]);
  after[0] = 9;
  assert.equal(before[0], 9);
});

Deno.test("Heap.allocate() refuses a block whose size is no number", () => {
  const heap = new Heap(false);
  assert.throws(() => heap.allocate(NaN), /no blocks of NaN bytes/);
  assert.equal(heap.usedBytes, 0);
});
