import assert from "node:assert/strict";
import { join } from "@std/path";
import { withEpoch } from "../../../src/run/checkpoint/epoch_digests.ts";
import { encodeSafetensors, type SafeTensor } from "../../../src/format/safetensors.ts";
import { inTemporary } from "../../memory/support.ts";

const digest = (byte: string) => byte.repeat(64);
const epoch = (epoch: number, byte: string) => ({
  epoch,
  checkpoint: digest(byte),
  memory: digest("e"),
});

/** Calls `use` with the path of a file of `tensors`. */
function withFile(tensors: Record<string, number[]>, use: (path: string) => Promise<void>) {
  return inTemporary(async (folder) => {
    const path = join(folder, "checkpoint");
    const named = Object.entries(tensors).map(([name, values]): [string, SafeTensor] => [
      name,
      { dtype: "F32", shape: [values.length], data: Float32Array.from(values) },
    ]);
    await Deno.writeFile(path, encodeSafetensors(new Map(named), {}));
    await use(path);
  });
}

Deno.test("withEpoch() adds the epoch that a checkpoint finishes, with checksums of its tensors and its memory", async () => {
  const last = { name: "epoch-002.safetensors", sha256: digest("b") };
  const sums: string[] = [];
  for (const [a, b] of [[[0], [1, 2]], [[0], [2, 1]], [[-0], [1, 2]]] as const) {
    await withFile({ a: [...a], b: [...b] }, async (path) => {
      const [first, second] = await withEpoch([epoch(1, "a")], last, path, { memory: digest("e") });
      const { tensors, ...rest } = second!;
      assert.deepEqual([first, rest], [epoch(1, "a"), epoch(2, "b")]);
      sums.push(tensors!);
    });
  }
  const [a, b] = [sums[0]!.slice(0, 8), sums[0]!.slice(8)];
  assert.match(a + b, /^[0-9a-f]{16}$/);
  assert.ok(sums[1]!.startsWith(a) && !sums[1]!.endsWith(b), "another order of values");
  assert.ok(!sums[2]!.startsWith(a) && sums[2]!.endsWith(b), "another sign of zero");
});

Deno.test("withEpoch() does without checksums where the file is no checkpoint, and without a memory", () =>
  inTemporary(async (folder) => {
    const path = join(folder, "damaged");
    await Deno.writeTextFile(path, "damaged");
    const last = { name: "epoch-002.safetensors", sha256: digest("b") };
    assert.deepEqual(await withEpoch([], last, path, {}), [{
      ...{ epoch: 2, checkpoint: digest("b") },
    }]);
  }));

Deno.test("withEpoch() adds nothing for a checkpoint within an epoch", async () => {
  const last = { name: "epoch-002.step-7.safetensors", sha256: digest("b") };
  assert.deepEqual(await withEpoch([epoch(1, "a")], last, "", {}), [epoch(1, "a")]);
});

Deno.test("withEpoch() keeps what was said of an epoch, and drops what a run went back behind", () =>
  withFile({}, async (path) => {
    const before = [epoch(1, "a"), epoch(2, "b"), epoch(3, "c")];
    const second = { name: "epoch-002.safetensors", sha256: digest("b") };
    assert.deepEqual(
      await withEpoch(before, second, path, { memory: digest("d") }),
      before.slice(0, 2),
    );
    const other = { ...second, sha256: digest("f") };
    const [first, now] = await withEpoch(before, other, path, { memory: digest("e") });
    assert.deepEqual([first, now!.checkpoint], [epoch(1, "a"), digest("f")]);
  }));
