import assert from "node:assert/strict";
import { identityName } from "../../../src/evaluate/asked/identity.ts";
import { UsageError } from "../../../src/errors.ts";
import { shardIds } from "../../../src/evaluate/shards/shard.ts";

Deno.test("shardIds() gives every image to one shard, in whole batches that follow each other", () => {
  for (
    const [n, batchSize, count] of [[10, 3, 4], [12, 3, 4], [1000, 128, 5], [7, 7, 1]] as const
  ) {
    const ids = Uint32Array.from({ length: n }, (_, i) => i);
    const shards = Array.from(
      { length: count },
      (_, i) => shardIds(ids, batchSize, { index: i + 1, count }),
    );
    assert.deepEqual(shards.flatMap((shard) => [...shard]), [...ids]);
    for (const shard of shards) {
      assert.ok(shard.length > 0);
      assert.equal(shard[0]! % batchSize, 0);
    }
    const sizes = shards.map((shard) => Math.ceil(shard.length / batchSize));
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
  }
});

Deno.test("shardIds() refuses more shards than batches", () => {
  const ids = Uint32Array.from({ length: 10 }, (_, i) => i);
  assert.throws(() => shardIds(ids, 3, { index: 5, count: 5 }), (error: Error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /^--shard 5\/5: 10 images are 4 batches of 3, which make 4 shards/);
    return true;
  });
});

Deno.test("identityName() of however many attacks is a name that a folder can have", () => {
  const attacks = Array.from({ length: 60 }, (_, steps) => `pgd${steps + 1}`);
  const name = identityName({ attacks });
  assert.match(name, /^pgd1-pgd2-.*-[0-9a-f]{12}-[0-9a-f]{12}$/);
  assert.ok(name.length < 200, name);
  assert.match(identityName({ attacks: ["clean", "pgd2"] }), /^clean-pgd2-[0-9a-f]{12}$/);
});
