import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import { drawView, type View } from "../../../src/data/augmentation.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import type { CodecName } from "../../../src/memory/chunk/codec.ts";
import { type DamagedExample, MemoryStore } from "../../../src/memory/store.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import {
  makeMemoryInputs,
  type MemoryInputs,
  selectionMatrix,
} from "../../../src/train/memory/inputs.ts";
import { commitOf, settings } from "../../memory/store_support.ts";
import { EPSILON, inTemporary } from "../../memory/support.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

/** What float32 rounding may add to the radius. */
const TOLERANCE = 1e-6;
const N = 12;
/** The images that have no example. */
const ABSENT = [0, 5, 6, 11];
const STORED = Uint32Array.from(
  Array.from({ length: N }, (_, id) => id).filter((id) => !ABSENT.includes(id)),
);

/** Images of random bytes, many of them at the ends of the range. */
function makeDataset(): Dataset {
  const stream = new Stream(5, Purpose.synthetic);
  const images = Uint8Array.from(
    { length: N * VALUES },
    () => Math.min(255, Math.max(0, stream.integer(384) - 64)),
  );
  return { name: "random", classes: ["a"], shape: SHAPE, n: N, images, labels: new Uint8Array(N) };
}

const DATASET = makeDataset();
const VIEWS: View[] = Array.from(STORED, (id) => drawView(5, 1, id));

/** The pixel of image `id` that `view` shows at a place, in [0,1]; 0 in the padding. Written out pixel by pixel. */
function shown(id: number, view: View, row: number, column: number, channel: number): number {
  const y = row + view.top - 4;
  const x = (view.flip ? 31 - column : column) + view.left - 4;
  if (y < 0 || y > 31 || x < 0 || x > 31) return 0;
  return Math.fround(DATASET.images[id * VALUES + (y * 32 + x) * 3 + channel]! / 255);
}

function viewed(id: number, view: View): Float32Array {
  return Float32Array.from({ length: VALUES }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return shown(id, view, Math.floor(pixel / SHAPE.width), pixel % SHAPE.width, i % 3);
  });
}

/** Perturbations that an attack could have made: in the ball, at its surface as often as not, and into [0,1]. */
function makeDeltas(): Float32Array {
  const stream = new Stream(6, Purpose.synthetic);
  const deltas = new Float32Array(STORED.length * VALUES);
  STORED.forEach((id, row) => {
    viewed(id, VIEWS[row]!).forEach((x, i) => {
      const wanted = Math.min(1, Math.max(-1, 4 * stream.uniform() - 2)) * EPSILON;
      const adversarial = Math.min(1, Math.max(0, Math.fround(x + wanted)));
      deltas[row * VALUES + i] = Math.fround(adversarial) - x;
    });
  });
  return deltas;
}

const DELTAS = makeDeltas();

/** `x''` of the stored row `row`, one value after the other. */
function naive(row: number, codec: CodecName): Float32Array {
  return viewed(STORED[row]!, VIEWS[row]!).map((x, i) => {
    const delta = DELTAS[row * VALUES + i]!;
    const level = Math.floor(127 * delta / EPSILON + 0.5);
    const decoded = codec === "int8" ? level * EPSILON / 127 : delta;
    return Math.min(1, Math.max(0, x + Math.fround(decoded)));
  });
}

/** Runs `use` with a memory in which epoch 1 has left the examples of {@linkcode STORED}. */
function withMemory(
  codec: CodecName,
  use: (store: MemoryStore, directory: string) => Promise<void>,
): Promise<void> {
  return inTemporary(async (directory) => {
    const store = await MemoryStore.open(directory, { ...settings, codec, imageCount: N });
    await store.begin(1);
    await store.write(STORED, VIEWS, DELTAS);
    await store.commit(commitOf(1, true));
    await use(store, directory);
    await store.close();
  });
}

async function memoryInputsOf(
  store: MemoryStore,
  ids: Uint32Array,
  onDamage?: (damaged: DamagedExample) => void,
): Promise<MemoryInputs> {
  return makeMemoryInputs(await store.read(1, ids, onDamage), DATASET, ids);
}

for (const codec of ["int8", "f32"] as const) {
  Deno.test(`makeMemoryInputs() gives x'' as it was stored, ${codec}, for any batch`, () =>
    withMemory(codec, async (store) => {
      const anyIds = fc.uniqueArray(fc.nat(N - 1), { minLength: 1 });
      await fc.assert(
        fc.asyncProperty(anyIds, async (ids) => {
          const { images, rows } = await memoryInputsOf(store, Uint32Array.from(ids));
          const expected = ids.flatMap((id, row) => STORED.includes(id) ? [row] : []);
          assert.deepEqual(rows, expected);
          assert.equal(images.length, rows.length * VALUES);
          rows.forEach((row, position) => {
            const image = images.subarray(position * VALUES, (position + 1) * VALUES);
            assert.deepEqual(image, naive(STORED.indexOf(ids[row]!), codec), `image ${ids[row]}`);
          });
        }),
        { numRuns: 25 },
      );
    }));

  Deno.test(`makeMemoryInputs() stays in the ball around the view it was stored under, and in [0,1], ${codec}`, () =>
    withMemory(codec, async (store) => {
      const { images } = await memoryInputsOf(store, STORED);
      let farthest = 0, lowest = 1, highest = 0;
      STORED.forEach((id, row) => {
        viewed(id, VIEWS[row]!).forEach((x, i) => {
          const value = images[row * VALUES + i]!;
          farthest = Math.max(farthest, Math.abs(value - x));
          lowest = Math.min(lowest, value);
          highest = Math.max(highest, value);
        });
      });
      assert.ok(farthest <= EPSILON + TOLERANCE, `${farthest}`);
      assert.ok(farthest > 0.999 * EPSILON, "nothing reached the surface");
      assert.deepEqual([lowest, highest], [0, 1]);
    }));
}

Deno.test("makeMemoryInputs() gives nothing for a batch without any example", () =>
  withMemory("int8", async (store) => {
    const { images, rows } = await memoryInputsOf(store, Uint32Array.from(ABSENT));
    assert.deepEqual([images.length, rows], [0, []]);
    assert.deepEqual(selectionMatrix(rows, ABSENT.length), new Float32Array(0));
  }));

Deno.test("makeMemoryInputs() leaves damaged examples out and tells of them, or throws when nobody is to be told", () =>
  withMemory("int8", async (store, directory) => {
    const path = join(directory, "generation-0001", "chunk-0000.bin");
    const bytes = await Deno.readFile(path);
    for (const record of [1, 3]) bytes[128 + record * 3084 + 40]! ^= 8;
    await Deno.writeFile(path, bytes);
    const ids = Uint32Array.from({ length: N }, (_, id) => id);
    const damaged: DamagedExample[] = [];
    const { images, rows } = await memoryInputsOf(store, ids, (each) => damaged.push(each));
    const gone = [STORED[1]!, STORED[3]!];
    const left = [...STORED].filter((id) => !gone.includes(id));
    assert.deepEqual(rows, left);
    left.forEach((id, position) => {
      const image = images.subarray(position * VALUES, (position + 1) * VALUES);
      assert.deepEqual(image, naive(STORED.indexOf(id), "int8"), `image ${id}`);
    });
    assert.deepEqual(damaged.map(({ image }) => image), gone);
    assert.match(damaged[0]!.fault, /^Record 1 of .* does not match its checksum/);
    await assert.rejects(memoryInputsOf(store, ids), {
      name: "RunError",
      message: /Record 1 /,
    });
  }));

Deno.test("makeMemoryInputs() leaves out every example of a chunk that is lost", () =>
  withMemory("int8", async (store, directory) => {
    await Deno.remove(join(directory, "generation-0001", "chunk-0000.bin"));
    const damaged: DamagedExample[] = [];
    const { rows } = await memoryInputsOf(store, STORED, (each) => damaged.push(each));
    assert.deepEqual(rows, []);
    assert.deepEqual(damaged.map(({ image }) => image), [...STORED]);
  }));

Deno.test("makeMemoryInputs() shows image and perturbation together under other views, in the ball and in [0,1]", () =>
  withMemory("f32", async (store) => {
    // Perturbations of the frame of the image, under new crops.
    const memory = await store.read(1, STORED);
    const now = Array.from(STORED, (id) => drawView(5, 2, id));
    const { images, rows } = makeMemoryInputs(memory, DATASET, STORED, now);
    assert.deepEqual(rows, [...STORED.keys()]);
    STORED.forEach((id, row) => {
      const { top, left, flip } = now[row]!;
      for (let i = 0; i < VALUES; i++) {
        const [y, place, channel] = [Math.floor(i / 96), Math.floor(i / 3) % 32, i % 3];
        const x = shown(id, now[row]!, y, place, channel);
        const [fromY, fromX] = [y + top - 4, (flip ? 31 - place : place) + left - 4];
        const inside = fromY >= 0 && fromY < 32 && fromX >= 0 && fromX < 32;
        const delta = inside ? DELTAS[row * VALUES + (fromY * 32 + fromX) * 3 + channel]! : 0;
        // The codec keeps to the ball, which float32 rounding leaves.
        const limit = Math.fround(EPSILON);
        const sum = x + Math.min(limit, Math.max(-limit, delta));
        const expected = Math.fround(Math.min(1, Math.max(0, sum)));
        assert.equal(images[row * VALUES + i], expected, `image ${id}, value ${i}`);
      }
    });
  }));

Deno.test("selectionMatrix() picks the batch rows that have an example, and is left out when all have", () => {
  assert.equal(selectionMatrix([0, 1, 2], 3), undefined);
  assert.deepEqual(
    selectionMatrix([0, 2, 3], 4),
    Float32Array.of(
      ...[1, 0, 0, 0],
      ...[0, 0, 1, 0],
      ...[0, 0, 0, 1],
    ),
  );
});
