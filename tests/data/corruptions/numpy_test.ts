import assert from "node:assert/strict";
import { join } from "@std/path";
import { SEVERITIES } from "../../../src/data/corruptions/corruption.ts";
import {
  corrupted,
  type CorruptionName,
  KNOWN_CORRUPTION_NAMES,
} from "../../../src/data/corruptions/corruptions.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { judgedTest } from "../../testing/judge.ts";
import { REFERENCE } from "./numpy_reference.ts";

/** Which draws a kind reads, and the most of them. */
const DRAWS: Readonly<Record<string, (stream: Stream) => [kind: string, draws: number[]]>> = {
  gaussian_noise: (stream) => ["normal", take(3072, () => stream.normal())],
  shot_noise: (stream) => ["uniform", take(3072, () => stream.word() / 2 ** 32)],
  impulse_noise: (stream) => ["uniform", take(3072, () => stream.uniform())],
  speckle_noise: (stream) => ["normal", take(3072, () => stream.normal())],
  glass_blur: (stream) => ["bits", take(4 * 900, () => stream.integer(2))],
  motion_blur: (stream) => ["uniform", [stream.uniform()]],
  snow: (stream) => ["normal", [...take(1024, () => stream.normal()), stream.uniform()]],
  fog: (stream) => ["uniform", take(1024, () => stream.uniform())],
  frost: (stream) => ["uniform", take(6 * (2 + 3 * 2), () => stream.uniform())],
  spatter: (stream) => ["normal", take(1024, () => stream.normal())],
  elastic_transform: (stream) => ["uniform", take(6 + 2048, () => stream.uniform())],
};

function take(n: number, draw: () => number): number[] {
  return Array.from({ length: n }, draw);
}

/** An image with edges, a gradient and noise, of every brightness. */
function picture(): Dataset {
  const stream = new Stream(7, Purpose.synthetic), shape = { height: 32, width: 32, channels: 3 };
  const images = Uint8Array.from({ length: 3072 }, (_, i) => {
    const channel = i % 3, x = Math.floor(i / 3) % 32, y = Math.floor(i / 96);
    const inside = (x - 14) ** 2 + (y - 18) ** 2 < 60;
    const base = inside ? [230, 90, 20][channel]! : 5 * x + 2 * y + 10 * channel;
    return Math.min(255, base + stream.integer(24));
  });
  return { name: "", classes: ["a", "b"], shape, n: 1, images, labels: Uint8Array.of(1) };
}

/** Spatter's operations are OpenCV's, the others' NumPy's, SciPy's and Pillow's. */
const JUDGED: readonly [kinds: readonly CorruptionName[], packages: readonly string[]][] = [
  [KNOWN_CORRUPTION_NAMES.filter((name) => name !== "spatter"), ["numpy", "scipy", "PIL"]],
  [["spatter"], ["numpy", "scipy", "PIL", "cv2"]],
];

for (const [names, packages] of JUDGED) {
  judgedTest(
    `corrupted() makes what the formulas of ${names.length} kinds give with ${
      packages.join(", ")
    }, for the same draws`,
    packages,
    async (judge) => {
      const folder = await Deno.makeTempDir(), dataset = picture(), seed = 3;
      await Deno.writeFile(join(folder, "image"), dataset.images);
      for (const name of names) {
        for (let severity = 1; severity <= SEVERITIES; severity++) {
          const number = KNOWN_CORRUPTION_NAMES.indexOf(name) * SEVERITIES + severity;
          const drawn = DRAWS[name]?.(new Stream(seed, Purpose.corruption, number, 0));
          if (drawn === undefined) continue;
          const bytes = new Uint8Array(Float64Array.from(drawn[1]).buffer);
          await Deno.writeFile(join(folder, `${name}-${severity}-${drawn[0]}`), bytes);
        }
      }
      await judge(REFERENCE, folder, JSON.stringify(names));
      for (const name of names) {
        for (let severity = 1; severity <= SEVERITIES; severity++) {
          const { images } = corrupted(dataset, Uint32Array.of(0), name, severity, seed);
          const expected = await Deno.readFile(join(folder, `${name}-${severity}-expected`));
          // Fractions are cut off: where there is next to none, a last bit can make a level.
          const low = expected.subarray(0, 3072), high = expected.subarray(3072);
          const beside = [...images.keys()].filter((i) =>
            images[i]! < low[i]! || images[i]! > high[i]!
          );
          const most = Math.max(0, ...beside.map((i) => Math.abs(images[i]! - low[i]!)));
          const what = `${name} ${severity}: ${beside.length} values beside, by ${most}`;
          assert.ok(beside.length === 0, what);
          assert.notDeepEqual(images, dataset.images, what);
        }
      }
      await Deno.remove(folder, { recursive: true });
    },
  );
}
