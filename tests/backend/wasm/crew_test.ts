import assert from "node:assert/strict";
import { selectBinary } from "../../../src/backend/wasm/binaries.ts";
import { Crew } from "../../../src/backend/wasm/crew.ts";
import { Heap } from "../../../src/backend/wasm/heap.ts";
import { fuse, type Phase, phase } from "../../../src/backend/wasm/phases.ts";
import { RunError } from "../../../src/errors.ts";

/** One more thread than this machine may have: some then wait for a processor. */
const THREADS = [1, 2, 3];
/** What a machine without shared memory gets. */
function unsharedBinary() {
  const shared = Object.getOwnPropertyDescriptor(globalThis, "SharedArrayBuffer")!;
  Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    return selectBinary(false)!;
  } finally {
    Object.defineProperty(globalThis, "SharedArrayBuffer", shared);
  }
}

const crews = new Map<number, { heap: Heap; crew: Crew }>();

Deno.test.beforeAll(async () => {
  for (const threads of THREADS) {
    const binary = selectBinary(false)!;
    const heap = new Heap(binary.shared);
    crews.set(threads, { heap, crew: await Crew.start(heap, binary, threads) });
  }
});
Deno.test.afterAll(() => {
  for (const { crew } of crews.values()) crew.close();
});

for (const threads of THREADS) {
  Deno.test(`Crew.run() makes every phase see the one before, ${threads} threads`, () => {
    const { heap, crew } = crews.get(threads)!;
    assert.equal(crew.threads, threads);
    const size = 100_001, slices = Math.ceil(size / 16384);
    const address = heap.allocate(4 * size);
    const values = heap.floats(address, size).fill(1);
    const double = phase(slices, "add", [address, address, address, size]);
    for (let repeat = 0; repeat < 20; repeat++) {
      values.fill(1);
      crew.run(Array<Phase>(10).fill(double));
      assert.ok(values.every((value) => value === 1024));
    }
    crew.run([]);
    heap.free(address);
  });

  Deno.test(`Crew.run() runs thousands of small programs in turn, ${threads} threads`, () => {
    const { heap, crew } = crews.get(threads)!;
    const [count, one] = [heap.allocate(4), heap.allocate(4)];
    heap.floats(count, 1)[0] = 0;
    heap.floats(one, 1)[0] = 1;
    const increment = phase(1, "add", [count, one, count, 1]);
    for (let i = 0; i < 3000; i++) crew.run([increment]);
    assert.equal(heap.floats(count, 1)[0], 3000);
    heap.free(count);
    heap.free(one);
  });

  Deno.test(`Crew.run() reports a kernel that traps, and goes on, ${threads} threads`, () => {
    const { heap, crew } = crews.get(threads)!;
    const address = heap.allocate(64);
    const outside = 0xfffffff0;
    assert.throws(() => crew.run([phase(1, "add", [outside, outside, outside, 64])]), RunError);
    heap.floats(address, 1)[0] = 2;
    crew.run([phase(1, "add", [address, address, address, 1])]);
    assert.equal(heap.floats(address, 1)[0], 4);
    heap.free(address);
  });
}

Deno.test("Crew.run() goes on when an unshared memory has moved", async () => {
  const heap = new Heap(false);
  const crew = await Crew.start(heap, unsharedBinary(), 1);
  const address = heap.allocate(64);
  heap.floats(address, 1)[0] = 1;
  const double = phase(1, "add", [address, address, address, 1]);
  crew.run([double]);
  heap.allocate(64 << 20);
  crew.run([double]);
  assert.equal(heap.floats(address, 1)[0], 4);
  crew.close();
});

Deno.test("Crew.run() tells integers, flags, large addresses and reals apart", () => {
  const { heap, crew } = crews.get(2)!;
  const address = heap.allocate(16);
  heap.floats(address, 4).set([1, 0.5, 2, 0]); // weight, gradient, velocity
  const [weight, gradient, velocity] = [address, address + 4, address + 8];
  const reals = [{ real: 0.25 }, { real: 0.5 }, { real: 0 }];
  crew.run([
    phase(1, "sgd", [...[weight, gradient, velocity, weight, velocity, 1], ...reals, true]),
  ]);
  // v = 0.5·2 + 0.5, w = 1 − 0.25·(0.5 + 0.5·v)
  assert.deepEqual([...heap.floats(address, 3)], [1 - 0.25 * 1.25, 0.5, 1.5]);
  heap.free(address);
});

Deno.test("fuse() joins neighbours that are cut by the same examples, in order", () => {
  const made = (kernel: string, slices: number, examples?: number): Phase => ({
    ...phase(slices, kernel, []),
    ...examples !== undefined && { examples },
  });
  const fused = fuse([
    made("a", 4, 2),
    made("b", 4, 2),
    made("c", 4),
    made("d", 4),
    made("e", 2, 4),
    made("f", 4, 2),
    made("g", 3, 2),
  ]);
  assert.deepEqual(
    fused.map(({ calls, slices }) => [slices, calls.map(({ kernel }) => kernel).join("")]),
    [[4, "ab"], [4, "c"], [4, "d"], [2, "e"], [4, "f"], [3, "g"]],
  );
});
