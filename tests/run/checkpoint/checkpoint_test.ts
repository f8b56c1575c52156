import type { Backend } from "../../../src/backend/backend.ts";
import { RunError } from "../../../src/errors.ts";
import assert from "node:assert/strict";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { disposeAll, initialise, parameterShapes } from "../../../src/model/parameters.ts";
import {
  type Checkpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../../src/run/checkpoint/checkpoint.ts";
import { checkpointName, type Progress } from "../../../src/run/checkpoint/progress.ts";
import { inTemporary } from "../../memory/support.ts";
import { eachBackend } from "../../testing/backends.ts";
import { onWasm } from "../../testing/device.ts";
import { fixture } from "../../testing/fixture.ts";
import { ANY_BACKEND } from "../../testing/runs.ts";

const W2 = resnet18({ width: 2, classes: 10 });
const PROGRESS: Progress = {
  epoch: 7,
  step: 31,
  complete: false,
  best: { epoch: 5, accuracy: 1 / 3 },
  sums: { examples: 992, loss: 1234.5678901234567, ce: 0.1 + 0.2 },
};

/** A model and momentum buffers, all different. */
function makeCheckpoint(): Checkpoint {
  const state = initialise(W2, 3), other = initialise(W2, 4);
  state.batchesTracked = 41;
  disposeAll(other.buffers);
  return { state, momenta: other.parameters, progress: PROGRESS };
}

function dispose({ state, momenta }: Checkpoint): void {
  for (const tensors of [state.parameters, state.buffers, momenta]) disposeAll(tensors);
}

/** Writes `checkpoint` to `path`, frees it and gives the file's bytes. */
async function save(checkpoint: Checkpoint, path: string): Promise<Uint8Array<ArrayBuffer>> {
  await saveCheckpoint(path, checkpoint, ANY_BACKEND);
  dispose(checkpoint);
  return await Deno.readFile(path);
}

/** Runs `use` with the bytes of a checkpoint, and a path where there is none yet. */
function withBytes(use: (bytes: Uint8Array<ArrayBuffer>, path: string) => Promise<void> | void) {
  return inTemporary(async (directory) => {
    const bytes = await save(makeCheckpoint(), join(directory, "whole.safetensors"));
    await use(bytes, join(directory, "changed.safetensors"));
  });
}

eachBackend(
  "loadCheckpoint() reads back every bit that saveCheckpoint() wrote",
  () =>
    withBytes(async (bytes, path) => {
      await Deno.writeFile(path, bytes);
      const loaded = await loadCheckpoint(path, W2);
      assert.deepEqual(loaded.progress, PROGRESS);
      assert.equal(loaded.state.batchesTracked, 41);
      await Deno.remove(path);
      assert.deepEqual(await save(loaded, path), bytes);
    }),
);

onWasm(
  "saveCheckpoint() writes PyTorch's state dict, with the momentum buffers beside it",
  () =>
    withBytes((bytes, path) => {
      const { tensors, metadata } = decodeSafetensors(bytes, path);
      const describe = (entries: Iterable<[string, { dtype: string; shape: readonly number[] }]>) =>
        Object.fromEntries(
          [...entries].map(([name, { dtype, shape }]) => [name, [dtype, ...shape]]),
        );
      const momenta = [...tensors].filter(([name]) => name.startsWith("optimizer."));
      const expected = fixture("steps_w2").under("start."); // as torch.save would have it
      assert.deepEqual(
        describe([...tensors].filter(([name]) => !name.startsWith("optimizer."))),
        describe(expected),
      );
      assert.deepEqual(
        describe(momenta),
        Object.fromEntries(
          [...parameterShapes(W2)].map(([name, shape]) => [
            `optimizer.momentum_buffer.${name}`,
            ["F32", ...shape],
          ]),
        ),
      );
      assert.equal(metadata.format, "pt");
      assert.equal(tensors.get("layer3.0.bn2.num_batches_tracked")!.data[0], 41n);
    }),
);

onWasm(
  "loadCheckpoint() gives momenta of zeros where the file has none",
  () =>
    inTemporary(async (directory) => {
      const path = join(directory, "epoch-001.step-0.safetensors");
      const progress: Progress = { epoch: 1, step: 0, complete: false, sums: {} };
      await save({ state: initialise(W2, 3), momenta: new Map(), progress }, path);
      const loaded = await loadCheckpoint(path, W2);
      assert.deepEqual([...loaded.momenta.keys()], [...loaded.state.parameters.keys()]);
      for (const [name, momentum] of loaded.momenta) {
        assert.deepEqual(momentum.shape, loaded.state.parameters.get(name)!.shape, name);
        assert.ok((await momentum.data()).every((value) => Object.is(value, 0)), name);
      }
      assert.deepEqual(loaded.progress, progress);
      dispose(loaded);
    }),
);

onWasm(
  "loadCheckpoint() refuses another architecture, naming file and tensor",
  () =>
    withBytes(async (bytes, path) => {
      await Deno.writeFile(path, bytes);
      await assert.rejects(loadCheckpoint(path, resnet18({ width: 1, classes: 10 })), {
        name: "UsageError",
        message: `${path} holds "conv1.weight" as F32 [2,3,3,3], not as F32 [1,3,3,3].`,
      });
    }),
);

onWasm(
  "loadCheckpoint() refuses a file that was cut short",
  () =>
    withBytes(async (bytes, path) => {
      for (const length of [0, 7, 5000, bytes.length - 1]) {
        await Deno.writeFile(path, bytes.subarray(0, length));
        await assert.rejects(loadCheckpoint(path, W2), (error: Error) => {
          assert.equal(error.name, "UsageError");
          return error.message.startsWith(`${path} is not a usable safetensors file: `);
        });
      }
    }),
);

onWasm(
  "loadCheckpoint() refuses weights without progress, and progress that is none",
  () =>
    withBytes(async (bytes, path) => {
      const { tensors } = decodeSafetensors(bytes, path);
      const { epoch: _, ...incomplete } = PROGRESS;
      for (const memloss of [undefined, "", "{", "7", JSON.stringify(incomplete)]) {
        const metadata = { format: "pt", ...memloss !== undefined && { memloss } };
        await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
        await assert.rejects(loadCheckpoint(path, W2), {
          name: "UsageError",
          message: `${path} holds no training progress: it is not a checkpoint to resume from.`,
        });
      }
    }),
);

onWasm(
  "loadCheckpoint() refuses a part of the momentum buffers",
  () =>
    withBytes(async (bytes, path) => {
      const { tensors, metadata } = decodeSafetensors(bytes, path);
      tensors.delete("optimizer.momentum_buffer.linear.bias");
      await Deno.writeFile(path, encodeSafetensors(tensors, metadata));
      await assert.rejects(loadCheckpoint(path, W2), {
        name: "UsageError",
        message: /lacks tensor "optimizer\.momentum_buffer\.linear\.bias"/,
      });
    }),
);

onWasm(
  "loadCheckpoint() names a file that is not there",
  () =>
    inTemporary((directory) =>
      assert.rejects(loadCheckpoint(join(directory, "absent"), W2), {
        name: "RunError",
        message: `Could not read ${join(directory, "absent")}: there is no such file or directory`,
      })
    ),
);

for (const where of ["parameters", "buffers", "momenta"] as const) {
  onWasm(
    `saveCheckpoint() keeps the file there is when the ${where} are not finite`,
    () =>
      withBytes(async (bytes, path) => {
        await Deno.writeFile(path, bytes);
        const diverged = makeCheckpoint();
        const tensors = where === "momenta" ? diverged.momenta : diverged.state[where];
        const [name, tensor] = [...tensors].at(-1)!;
        tensors.set(name, tf.fill(tensor.shape, where === "buffers" ? Infinity : NaN));
        tensor.dispose();
        await assert.rejects(saveCheckpoint(path, diverged, ANY_BACKEND), (error: Error) => {
          assert.equal(error.name, "RunError");
          assert.match(error.message, /^The model is not finite after epoch 7, step 31 \(\S+\)\.$/);
          return error.message.includes(name);
        });
        dispose(diverged);
        assert.deepEqual(await Deno.readFile(path), bytes);
      }),
  );
}

Deno.test("checkpointName() tells a whole epoch from a part of one", () => {
  assert.equal(checkpointName({ ...PROGRESS, complete: true }), "epoch-007.safetensors");
  assert.equal(checkpointName(PROGRESS), "epoch-007.step-31.safetensors");
  assert.equal(
    checkpointName({ ...PROGRESS, epoch: 1234, complete: true }),
    "epoch-1234.safetensors",
  );
});

onWasm(
  "saveCheckpoint() keeps the file there is when the device reports an error after the reads",
  () =>
    withBytes(async (bytes, path) => {
      await Deno.writeFile(path, bytes);
      let waits = 0;
      const failing: Backend = {
        ...ANY_BACKEND,
        async guard(work) {
          const result = await work;
          // The reads of the state and of the momenta pass; the error is an event that comes a turn later.
          if (++waits > 2) throw new RunError("The GPU reported an error");
          return result;
        },
      };
      const checkpoint = makeCheckpoint();
      await assert.rejects(saveCheckpoint(path, checkpoint, failing), { name: "RunError" });
      dispose(checkpoint);
      assert.deepEqual(await Deno.readFile(path), bytes);
    }),
);
