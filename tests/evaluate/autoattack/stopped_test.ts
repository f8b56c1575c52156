import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "@std/path";
import * as tf from "@tensorflow/tfjs";
import type { AutoAttackMember } from "../../../src/attack/autoattack/versions.ts";
import { ATTACK_NORMS, type AttackNorm } from "../../../src/attack/options.ts";
import type { LogitsFunction } from "../../../src/attack/pgd.ts";
import { Interrupted } from "../../../src/errors.ts";
import type { AttackedImages } from "../../../src/evaluate/autoattack/attacked_images.ts";
import { autoAttack, type AutoAttackOptions } from "../../../src/evaluate/autoattack/autoattack.ts";
import { Journal } from "../../../src/evaluate/autoattack/journal.ts";
import type { MemberProgress } from "../../../src/evaluate/autoattack/member_run.ts";
import type { Unfinished } from "../../../src/evaluate/autoattack/unfinished.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";
import { inTemporary } from "../../memory/support.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";

onOneThread();

/** A small network with a bend, so that no attack knows at once what is robust, and images that it is sure of. */
const SHAPE = { height: 4, width: 4, channels: 1 }, VALUES = 16, HIDDEN = 12, CLASSES = 4, N = 5;

async function withModel<T>(
  run: (network: LogitsFunction, images: AttackedImages) => Promise<T>,
): Promise<T> {
  const stream = new Stream(11, Purpose.synthetic);
  const values = (length: number) => Float32Array.from({ length }, () => stream.normal());
  const weights = tf.tensor2d(values(VALUES * HIDDEN), [VALUES, HIDDEN]);
  const heads = tf.tensor2d(values(HIDDEN * CLASSES), [HIDDEN, CLASSES]);
  const network: LogitsFunction = (x) =>
    tf.matMul(tf.relu(tf.matMul(tf.reshape(tf.sub(x, 0.5), [-1, VALUES]), weights)), heads);
  const x = Float32Array.from({ length: N * VALUES }, () => 0.1 + 0.8 * stream.uniform());
  const y = tf.tidy(() => tf.argMax(network(tf.tensor4d(x, [N, 4, 4, 1])), 1).dataSync());
  try {
    return await run(network, { x, y: Uint8Array.from(y), shape: SHAPE, classes: CLASSES });
  } finally {
    tf.dispose([weights, heads]);
  }
}

type Attacked = Awaited<ReturnType<typeof autoAttack>>;

/** Attacks in one sitting after another, each ended as soon as `stop` was called; the last one's result. */
async function inSittings(
  folder: string,
  attack: (
    options: AutoAttackOptions & { readonly journal: Journal },
    stop: () => void,
  ) => Promise<Attacked>,
): Promise<Attacked & { readonly sittings: number }> {
  for (let sittings = 1;; sittings++) {
    const controller = new AbortController();
    const journal = await Journal.open(folder, "key", VALUES);
    try {
      const { signal } = controller;
      const attacked = await attack({ journal, signal }, () => controller.abort());
      await journal.remove();
      return { ...attacked, sittings };
    } catch (error) {
      journal.close();
      if (!(error instanceof Interrupted)) throw error;
    }
  }
}

function withoutTimes({ result }: Attacked): unknown {
  return JSON.parse(JSON.stringify(result, (key, value) => key === "seconds" ? 0 : value));
}

/** Radii at which each member breaks the images, but not at once. */
const RADII: Readonly<Record<AutoAttackMember, Record<AttackNorm, number>>> = {
  "apgd-ce": { linf: 0.08, l2: 0.4 },
  "apgd-dlr": { linf: 0.08, l2: 0.25 },
  "apgd-t": { linf: 0.08, l2: 0.25 },
  fab: { linf: 0.08, l2: 0.25 },
  "fab-t": { linf: 0.08, l2: 0.25 },
  square: { linf: 0.3, l2: 2.5 },
};

/** Attacks in sittings of `length` batches, and without a stop: the same must come of it. */
async function compare(
  folder: string,
  { length, ...options }: AutoAttackOptions & { readonly length: number },
): Promise<Attacked> {
  return await withModel(async (network, images) => {
    let batches = 0;
    const onProgress = () => void batches++;
    const whole = await autoAttack(network, images, { ...options, onProgress });
    const { sittings, ...stopped } = await inSittings(join(folder, "state"), (more, stop) => {
      let left = length;
      const onProgress = () => --left === 0 && stop();
      return autoAttack(network, images, { ...options, ...more, onProgress });
    });
    assert.deepEqual(withoutTimes(stopped), withoutTimes(whole));
    assert.deepEqual(stopped.adversarial, whole.adversarial);
    assert.equal(sittings, Math.ceil(batches / length), "no batch was made twice");
    return whole;
  });
}

for (const [member, radii] of Object.entries(RADII)) {
  for (const norm of ATTACK_NORMS) {
    onWasm(
      `autoAttack() stopped after every batch ends with the same result, ${member}, ${norm}`,
      (backend) =>
        inTemporary(async (folder) => {
          const members = [member as AutoAttackMember], epsilon = radii[norm];
          const more = { backend, norm, epsilon, batchSize: 3, length: 1 };
          const { result } = await compare(folder, { version: "custom", members, ...more });
          assert.equal(result.correct, 0);
        }),
    );
  }
}

onWasm(
  "autoAttack() stopped while it looks at the clean images looks at none of them again",
  (backend) =>
    inTemporary((folder) =>
      withModel(async (network, images) => {
        let asked = 0;
        const { sittings } = await inSittings(join(folder, "state"), (more, stop) => {
          const once: LogitsFunction = (x) => {
            asked += x.shape[0];
            stop();
            return network(x);
          };
          const options = { version: "custom", members: [], backend, batchSize: 2 } as const;
          return autoAttack(once, images, { ...options, ...more });
        });
        assert.equal(sittings, 3);
        assert.equal(
          asked,
          N + 3 * 2,
          "every image once, and two of them three times for the first checks",
        );
      })
    ),
);

/** The state of an evaluation that was stopped after some batches of APGD-T, found in the journal. */
async function stopAfter(
  batches: number,
  folder: string,
  network: LogitsFunction,
  images: AttackedImages,
  options: AutoAttackOptions,
): Promise<void> {
  const journal = await Journal.open(folder, "key", VALUES), controller = new AbortController();
  const onProgress = () => --batches === 0 && controller.abort();
  const { signal } = controller;
  await assert.rejects(
    autoAttack(network, images, { ...options, journal, signal, onProgress }),
    Interrupted,
  );
  journal.close();
}

const ROBUST: AutoAttackOptions = {
  ...{ version: "custom", members: ["apgd-t"], epsilon: 0.05, batchSize: 3 },
};

onWasm(
  "autoAttack() checks the bounds of kept images again",
  (backend) =>
    inTemporary((directory) =>
      withModel(async (network, images) => {
        const options = { ...ROBUST, backend }, far = new Float32Array(VALUES);
        const kept: ((journal: Journal) => Promise<void>)[] = [
          (journal) =>
            journal.append({
              member: "apgd-t",
              id: 1,
              outcome: { image: far, predicted: 0 },
              seconds: 1,
            }),
          ...["point", "previous", "best"].map((name) => (journal: Journal) => {
            const left = journal.unfinished as Unfinished;
            for (const { at } of left.states.values()) at![name] = far;
            return journal.keep(left);
          }),
        ];
        for (const [i, keep] of kept.entries()) {
          const folder = join(directory, String(i));
          await stopAfter(5, folder, network, images, options);
          const before = await Journal.open(folder, "key", VALUES);
          await keep(before);
          before.close();
          const journal = await Journal.open(folder, "key", VALUES);
          await assert.rejects(autoAttack(network, images, { ...options, journal }), {
            name: "RunError",
            message: /^The attack on image \d went [\d.]+ far, beyond its radius 0.05\.$/,
          });
          await journal.remove();
        }
      })
    ),
);

onWasm(
  "autoAttack() refuses what it finds beyond the ball",
  (backend) =>
    withModel(async (network, images) => {
      // APGD clips to [0,1], which such an image is not in: whatever it finds lies too far away.
      const x = images.x.map((value, i) => i % VALUES === 0 ? 1.5 : value);
      const clean = tf.tidy(() => tf.argMax(network(tf.tensor4d(x, [N, 4, 4, 1])), 1).dataSync());
      const options = { version: "custom", members: ["apgd-ce"], epsilon: 0.4, backend } as const;
      await assert.rejects(
        autoAttack(network, { ...images, x, y: Uint8Array.from(clean) }, options),
        {
          name: "RunError",
          message: /^The attack on image \d went 0\.5 far, beyond its radius 0\.4\.$/,
        },
      );
    }),
);

onWasm(
  "autoAttack() tells how far it is, however many sittings it takes",
  (backend) =>
    inTemporary((directory) =>
      withModel(async (network, images) => {
        const options: AutoAttackOptions = {
          ...{ version: "custom", members: ["apgd-ce", "fab-t"] },
          ...{ backend, epsilon: 0.11, batchSize: 2 },
        };
        const told: [string, MemberProgress][] = [], again: typeof told = [];
        await autoAttack(network, images, {
          ...options,
          onProgress: (...progress) => void told.push(progress),
        });
        await inSittings(join(directory, "state"), (more, stop) => {
          let left = 2;
          return autoAttack(network, images, {
            ...{ ...options, ...more },
            onProgress(...progress) {
              again.push(progress);
              if (--left === 0) stop();
            },
          });
        });
        assert.deepEqual(again, told);
        const { done, of, broken, share } = told.findLast(([member]) => member === "apgd-ce")![1];
        assert.deepEqual([of, done, broken], [N, 3, 3]);
        assert.ok(share > done / of && share < 1, "it knows of questions, too");
        const shares = told.filter(([member]) => member === "apgd-ce").map(([, { share }]) =>
          share
        );
        assert.ok(shares.every((share, i) => i === 0 || share > shares[i - 1]!));
      })
    ),
);

onWasm(
  "autoAttack() says why it cannot go on with searches, and begins them anew",
  (backend) =>
    inTemporary((directory) =>
      withModel(async (network, images) => {
        const options = { ...ROBUST, backend }, folder = join(directory, "state");
        const whole = await autoAttack(network, images, options);
        await stopAfter(20, folder, network, images, options);
        const file = join(folder, "unfinished.bin"), bytes = await Deno.readFile(file);
        await Deno.writeFile(file, bytes.with(777, bytes[777]! ^ 1));
        const lines: string[] = [], journal = await Journal.open(folder, "key", VALUES);
        const onLine = (line: string) => void lines.push(line);
        const anew = await autoAttack(network, images, { ...options, journal, onLine });
        await journal.remove();
        assert.equal(
          lines[0],
          `warning: The searches that had begun are begun anew: ${file} is damaged.`,
        );
        assert.deepEqual(withoutTimes(anew), withoutTimes(whole));
      })
    ),
);

onWasm(
  "autoAttack() keeps its searches every minute, and counts the time of all sittings",
  (backend) =>
    inTemporary((directory) =>
      withModel(async (network, images) => {
        const folder = join(directory, "state"), file = join(folder, "unfinished.bin");
        const kept = join(directory, "kept"), options = { ...ROBUST, backend };
        const { now } = performance;
        let ahead = 0, batches = 0;
        const keptAfter: number[] = [];
        performance.now = () => now.call(performance) + ahead;
        const onProgress = () => {
          if (existsSync(file)) {
            keptAfter.push(batches);
            Deno.renameSync(file, kept);
          }
          if (++batches === 90) throw new Error("killed");
          ahead += 2_500;
        };
        try {
          const journal = await Journal.open(folder, "key", VALUES);
          await assert.rejects(
            autoAttack(network, images, { ...options, journal, onProgress }),
            /killed/,
          );
          journal.close();
          assert.deepEqual(keptAfter, [24, 48, 72]);
        } finally {
          performance.now = now;
        }
        await Deno.rename(kept, file);
        let all = 0, again = 0;
        const whole = await autoAttack(network, images, {
          ...{ ...options, onProgress: () => void all++ },
        });
        const journal = await Journal.open(folder, "key", VALUES);
        const continued = await autoAttack(network, images, {
          ...{ ...options, journal, onProgress: () => void again++ },
        });
        await journal.remove();
        assert.equal(again, all - 72);
        assert.deepEqual(withoutTimes(continued), withoutTimes(whole));
        const { seconds } = continued.result.perAttack["apgd-t"]!;
        assert.ok(seconds >= 72 * 2.5 && seconds < 72 * 2.5 + 60, `${seconds} s`);
      })
    ),
);

onWasm(
  "autoAttack() stopped between its members and targets ends with the same result, where images stay robust",
  (backend) =>
    inTemporary(async (folder) => {
      const members = ["apgd-t", "fab-t"] as const;
      const more = { backend, epsilon: 0.05, batchSize: 3, length: 11 };
      const { result } = await compare(folder, { version: "custom", members, ...more });
      assert.ok(result.correct > 0 && result.correct < N, result.verdicts);
    }),
);
