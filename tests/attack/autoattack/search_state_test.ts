import assert from "node:assert/strict";
import { createMember } from "../../../src/attack/autoattack/members.ts";
import {
  type Example,
  likeliestOthers,
  type Observation,
  type Query,
  type Search,
} from "../../../src/attack/autoattack/search.ts";
import {
  firstFound,
  imagesOf,
  type SearchState,
  unbegun,
} from "../../../src/attack/autoattack/search_state.ts";
import { AUTOATTACK_MEMBERS, PUBLISHED_EFFORT } from "../../../src/attack/autoattack/versions.ts";
import { assertWithinBounds } from "../../../src/attack/bounds.ts";
import { ATTACK_NORMS, type AttackNorm } from "../../../src/attack/options.ts";
import { predictedClass } from "../../../src/model/predicted_class.ts";
import { Purpose, Stream } from "../../../src/random/stream.ts";

const SHAPE = { height: 4, width: 4, channels: 1 }, VALUES = 16, CLASSES = 4;
const stream = new Stream(5, Purpose.synthetic);
const WEIGHTS = Float64Array.from({ length: VALUES * CLASSES }, () => stream.normal());

/** Logits of a model with some curvature; the loss is `z_target − z_label`, for the likeliest other class if there is no target. */
function answer(point: Float32Array, label: number, target: number | undefined): Observation {
  const logits = new Float32Array(CLASSES), gradient = new Float32Array(VALUES);
  const slope = (i: number, c: number) =>
    WEIGHTS[i * CLASSES + c]! + 1.8 * Math.cos(9 * point[i]! + c);
  for (let i = 0; i < VALUES; i++) {
    for (let c = 0; c < CLASSES; c++) {
      logits[c]! += WEIGHTS[i * CLASSES + c]! * point[i]! + 0.2 * Math.sin(9 * point[i]! + c);
    }
  }
  const other = target ?? likeliestOthers({ logits, label } as Example, 1)[0]!;
  for (let i = 0; i < VALUES; i++) gradient[i] = slope(i, other) - slope(i, label);
  return { logits, loss: logits[other]! - logits[label]!, gradient };
}

function makeExample(id: number): Example {
  const draws = new Stream(6, Purpose.synthetic, id);
  const x = Float32Array.from({ length: VALUES }, () => 0.1 + 0.8 * draws.uniform());
  const { logits } = answer(x, 0, undefined);
  return { id, x, shape: SHAPE, label: predictedClass(logits), logits };
}

/** What a search asks and how it ends; it is let go before each question and begun again from what `begin` is given. */
function follow(
  example: Example,
  begin: (state: SearchState) => Search<Float32Array | undefined>,
  again: boolean,
) {
  let state = unbegun(), search = begin(state), step = search.next();
  const asked: Query[] = [];
  while (!step.done) {
    const { point, target } = step.value;
    asked.push({ point: point.slice(), ...target !== undefined && { target } });
    if (again) {
      state = structuredClone(state);
      search = begin(state);
      assert.deepEqual(search.next().value, step.value);
    }
    step = search.next(answer(point, example.label, target));
  }
  return { asked, outcome: step.value };
}

/** A ball in which a member finds some images and, after all of its runs, fails on others; Square, without a gradient, in a larger one. */
const RADIUS: Readonly<Record<AttackNorm, number>> = { linf: 0.2, l2: 0.6 };
const SQUARE_RADIUS: typeof RADIUS = { linf: 0.4, l2: 1.8 };

for (const member of AUTOATTACK_MEMBERS) {
  for (const norm of ATTACK_NORMS) {
    Deno.test(`createMember() ${member} begun again at every question asks and finds the same, ${norm}`, () => {
      const epsilon = (member === "square" ? SQUARE_RADIUS : RADIUS)[norm];
      const options = {
        norm,
        epsilon,
        seed: 1,
        restarts: 3,
        gradientSamples: 2,
        ...PUBLISHED_EFFORT,
      };
      const attack = createMember(member, options);
      const found = [1, 3, 7].map((id) => {
        const example = makeExample(id), bounds = { norm, epsilon: attack.reach };
        const begin = (state: SearchState) => {
          for (const image of imagesOf(state)) assertWithinBounds(example.x, image, bounds, [id]);
          return attack.search(example, state);
        };
        const whole = follow(example, begin, false);
        assert.deepEqual(follow(example, begin, true), whole);
        return whole.outcome !== undefined;
      });
      assert.ok(found.includes(true) && found.includes(false));
    });
  }
}

Deno.test("firstFound() tries runs in their order, each from its beginning, and begins none before its turn", () => {
  const begun: number[] = [], asked: unknown[] = [], point = new Float32Array(1);
  const runs = [2, 0, 1, 1].map((questions, run) => ({
    begin() {
      begun.push(run);
      return { count: 0 };
    },
    *search(at: { count: number }): Search<Float32Array | undefined> {
      for (; at.count < questions; at.count++) yield { point };
      return run === 2 ? Float32Array.of(7) : undefined;
    },
  }));
  const state = unbegun(), search = firstFound(runs, state);
  let step = search.next();
  while (!step.done) {
    asked.push(structuredClone({ begun, state }));
    step = search.next(answer(new Float32Array(VALUES), 0, 1));
  }
  assert.deepEqual(step.value, Float32Array.of(7));
  assert.deepEqual(asked, [
    { begun: [0], state: { asked: 0, run: 0, at: { count: 0 } } },
    { begun: [0], state: { asked: 0, run: 0, at: { count: 1 } } },
    { begun: [0, 1, 2], state: { asked: 0, run: 2, at: { count: 0 } } },
  ]);
});
