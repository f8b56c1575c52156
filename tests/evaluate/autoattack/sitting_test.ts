import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Example } from "../../../src/attack/autoattack/search.ts";
import { Journal } from "../../../src/evaluate/autoattack/journal.ts";
import { Sitting } from "../../../src/evaluate/autoattack/sitting.ts";
import type { Unfinished } from "../../../src/evaluate/autoattack/unfinished.ts";
import { inTemporary } from "../../memory/support.ts";

const state = (asked: number) => ({ asked, run: 0, at: { steps: asked } });
const UNFINISHED: Unfinished = {
  clean: Float32Array.of(1, 2),
  member: "fab-t",
  seconds: 7,
  states: new Map([[1, state(1)], [2, state(2)], [3, state(3)], [9, state(9)]]),
};

const BREAK = { image: Float32Array.of(1), predicted: 2 };

/** A sitting after one that found what is asked about below. */
async function inSecond(
  directory: string,
  run: (sitting: Sitting) => Promise<void> | void,
  unfinished = UNFINISHED,
): Promise<void> {
  const folder = join(directory, "state"), first = await Journal.open(folder, "key", 1);
  await first.append({ member: "apgd-ce", id: 1, outcome: BREAK, seconds: 20 });
  await first.append({ member: "fab-t", id: 2, outcome: undefined, seconds: 5 });
  await first.append({ member: "fab-t", id: 8, outcome: undefined, seconds: 6 });
  await first.keep(unfinished);
  first.close();
  const journal = await Journal.open(folder, "key", 1);
  await run(new Sitting(journal, undefined, assert.fail));
  await journal.remove();
}

const attacked = [1, 2, 3, 4].map((id): Example => ({
  ...{ id, x: Float32Array.of(0), shape: { height: 1, width: 1, channels: 1 } },
  ...{ label: 0, logits: Float32Array.of(1, 0) },
}));

Deno.test("Sitting.left() has this member's searches on these images, those that have ended among the found only", () =>
  inTemporary(async (directory) => {
    await inSecond(directory, (sitting) => {
      assert.deepEqual(sitting.clean, UNFINISHED.clean);
      assert.deepEqual(sitting.left("fab-t", attacked), {
        found: new Map([[2, undefined]]),
        states: new Map([[1, state(1)], [3, state(3)]]),
        seconds: 7,
      });
      assert.deepEqual(sitting.left("apgd-ce", attacked), {
        found: new Map([[1, BREAK]]),
        states: new Map(),
        seconds: 20,
      });
    });
  }));

Deno.test("Sitting.left() takes the later time, of the last verdict or of what was begun", () =>
  inTemporary((directory) =>
    inSecond(
      directory,
      (sitting) => assert.equal(sitting.left("fab-t", attacked).seconds, 5),
      { ...UNFINISHED, seconds: 3 },
    )
  ));

Deno.test("Sitting.pause() says whether a stopped evaluation can be gone on with", () =>
  inTemporary(async (directory) => {
    const journal = await Journal.open(join(directory, "state"), "key", 1);
    const signal = AbortSignal.abort(), stopped = "Stopped during AutoAttack";
    await assert.rejects(new Sitting(journal, signal, assert.fail).pause(), {
      name: "Interrupted",
      message: `${stopped}: the same command continues where it stopped.`,
    });
    await journal.remove();
    await assert.rejects(new Sitting(undefined, signal, assert.fail).pause(), {
      name: "Interrupted",
      message: `${stopped}.`,
    });
    await new Sitting(undefined, undefined, assert.fail).pause();
  }));
