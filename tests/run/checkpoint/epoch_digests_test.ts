import assert from "node:assert/strict";
import { withEpoch } from "../../../src/run/checkpoint/epoch_digests.ts";

const digest = (byte: string) => byte.repeat(64);
const epoch = (epoch: number, byte: string) => ({
  epoch,
  checkpoint: digest(byte),
  memory: digest("e"),
});

Deno.test("withEpoch() adds the epoch that a checkpoint finishes, with its memory if there is one", () => {
  const last = { name: "epoch-002.safetensors", sha256: digest("b") };
  assert.deepEqual(withEpoch([epoch(1, "a")], last, digest("e")), [epoch(1, "a"), epoch(2, "b")]);
  assert.deepEqual(withEpoch([], last, undefined), [{ epoch: 2, checkpoint: digest("b") }]);
});

Deno.test("withEpoch() adds nothing for a checkpoint within an epoch", () => {
  const last = { name: "epoch-002.step-7.safetensors", sha256: digest("b") };
  assert.deepEqual(withEpoch([epoch(1, "a")], last, undefined), [epoch(1, "a")]);
});

Deno.test("withEpoch() keeps what was said of an epoch, and drops what a run went back behind", () => {
  const before = [epoch(1, "a"), epoch(2, "b"), epoch(3, "c")];
  const second = { name: "epoch-002.safetensors", sha256: digest("b") };
  assert.deepEqual(withEpoch(before, second, digest("d")), before.slice(0, 2));
  const other = { ...second, sha256: digest("f") };
  assert.deepEqual(withEpoch(before, other, digest("e")), [epoch(1, "a"), epoch(2, "f")]);
});
