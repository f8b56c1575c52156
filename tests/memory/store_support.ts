/** What the tests of the whole store share. */
import assert from "node:assert/strict";
import { IDENTITY_VIEW } from "../../src/data/augmentation.ts";
import { createCodec } from "../../src/memory/chunk/codec.ts";
import type { CommitRequest } from "../../src/memory/commit.ts";
import type { MemorySettings, MemoryStore } from "../../src/memory/store.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";
import { CHECKPOINT_SHA256, DATA_SHA256, EPSILON, makeExamples } from "./support.ts";
import { SHAPE } from "../testing/images.ts";

/** What the store tests open. */
export const settings: MemorySettings = {
  codec: "int8",
  epsilon: EPSILON,
  imageCount: 1500,
  dataSha256: DATA_SHA256,
  shape: SHAPE,
};

/** The images in the order in which `epoch` visits them. */
export function order(epoch: number, imageCount = settings.imageCount): Uint32Array {
  return new Stream(1, Purpose.shuffle, epoch).permutation(imageCount);
}

/** What the store tests commit. */
export function commitOf(epoch: number, complete: boolean, keep: number[] = []): CommitRequest {
  const checkpoint = { checkpoint: `epoch-${epoch}`, checkpointSha256: CHECKPOINT_SHA256 };
  return { epoch, step: 10 * epoch, complete, ...checkpoint, keep };
}

/** Asserts that `ids` of `epoch` read back as the codec makes them, and `absent` as absent. */
export async function assertHolds(
  store: MemoryStore,
  epoch: number,
  ids: Uint32Array,
  absent: Uint32Array = new Uint32Array(),
): Promise<void> {
  const asked = Uint32Array.from([...ids, ...absent]);
  const { present, views, deltas } = await store.read(epoch, asked);
  const { codec: name, shape } = store.settings;
  const values = shape.height * shape.width * shape.channels;
  const expected = makeExamples(epoch, ids, values);
  const codec = createCodec(name, EPSILON, shape);
  const payload = new Uint8Array(codec.payloadBytes);
  asked.forEach((id, row) => {
    const span = [row * values, (row + 1) * values] as const;
    const wanted = new Float32Array(values);
    if (row < ids.length) {
      codec.encode(expected.deltas.subarray(...span), payload);
      codec.decode(payload, wanted);
    }
    assert.equal(present[row], row < ids.length ? 1 : 0, `image ${id}`);
    assert.deepEqual(views[row], expected.views[row] ?? IDENTITY_VIEW);
    assert.deepEqual(deltas.subarray(...span), wanted);
  });
}
