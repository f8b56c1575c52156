import assert from "node:assert/strict";
import { createMember } from "../../../src/attack/autoattack/members.ts";
import { PUBLISHED_EFFORT } from "../../../src/attack/autoattack/versions.ts";
import type { Example } from "../../../src/attack/autoattack/search.ts";
import { unbegun } from "../../../src/attack/autoattack/search_state.ts";

const CLASSES = 100, LABEL = 42;
const shape = { height: 3, width: 4, channels: 1 };
const x = Float32Array.from({ length: 12 }, (_, i) => 0.3 + i / 30);
/** Class `c` is the `(7c mod 100)`-th most likely one, but for the label, which nothing moves. */
const logits = Float32Array.from({ length: CLASSES }, (_, c) => -(7 * c % CLASSES) / 10);
logits[LABEL] = 5;
const example: Example = { id: 1, x, shape, label: LABEL, logits };
const LIKELIEST = Array.from(logits.keys())
  .filter((c) => c !== LABEL)
  .sort((a, b) => logits[b]! - logits[a]!);

for (const member of ["apgd-t", "fab-t"] as const) {
  Deno.test(`createMember() aims ${member} at the nine likeliest of a hundred classes, one after another`, () => {
    const options = {
      norm: "linf",
      epsilon: 0.1,
      seed: 1,
      restarts: 1,
      gradientSamples: 1,
      ...PUBLISHED_EFFORT,
    } as const;
    const search = createMember(member, options).search(example, unbegun());
    const gradient = Float32Array.from(x, (_, i) => i % 2 ? 1 : -1);
    const targets = new Set<number>();
    let step = search.next();
    while (!step.done) {
      const { point, target } = step.value;
      assert.equal(point.length, x.length);
      targets.add(target!);
      step = search.next({ logits, loss: -1, gradient });
    }
    assert.equal(step.value, undefined, "the label stays the likeliest");
    assert.deepEqual([...targets], LIKELIEST.slice(0, 9));
  });
}

for (const member of ["apgd-t", "fab-t"] as const) {
  Deno.test(`createMember() runs ${member} from as many starts as it is told towards each target, none twice`, () => {
    const effort = { iterations: 1, queries: 1, restarts: 3, targets: 2 };
    const options = { norm: "linf", epsilon: 0.1, seed: 1, gradientSamples: 1, ...effort } as const;
    const state = unbegun(), search = createMember(member, options).search(example, state);
    const gradient = x.map((_, i) => i % 2 ? 1 : -1);
    const begun = new Map<number, { readonly target: number; readonly start: string }>();
    for (let step = search.next(); !step.done;) {
      const { point, target } = step.value;
      if (!begun.has(state.run)) begun.set(state.run, { target: target!, start: point.join() });
      step = search.next({ logits, loss: -1, gradient });
    }
    const runs = [...begun.values()], [first, second] = LIKELIEST;
    assert.deepEqual(runs.map(({ target }) => target), [
      first,
      first,
      first,
      second,
      second,
      second,
    ]);
    // FAB's first run towards every target begins at the clean image.
    const same = member === "fab-t" ? 1 : 0;
    assert.equal(new Set(runs.map(({ start }) => start)).size, runs.length - same);
  });
}

Deno.test("createMember() draws another start for every restart towards every target, however many", () => {
  const effort = { iterations: 1, queries: 1, restarts: 258, targets: 2 };
  const options = { norm: "linf", epsilon: 0.1, seed: 1, gradientSamples: 1, ...effort } as const;
  const starts = new Set<string>(), state = unbegun();
  const search = createMember("apgd-t", options).search(example, state);
  let run = -1;
  for (let step = search.next(); !step.done;) {
    if (state.run !== run) starts.add(step.value.point.join());
    run = state.run;
    step = search.next({ logits, loss: -1, gradient: x });
  }
  assert.equal(starts.size, 2 * 258);
});

Deno.test("createMember() forecasts what FAB asks where it leaves the class in every step", () => {
  const effort = { ...PUBLISHED_EFFORT, iterations: 20, targets: 3 };
  const options = {
    norm: "linf",
    epsilon: 1e-3,
    seed: 1,
    gradientSamples: 1,
    restarts: 1,
    ...effort,
  } as const;
  const attack = createMember("fab-t", options), state = unbegun();
  const search = attack.search(example, state), gradient = x.map((_, i) => i % 2 ? 1 : -1);
  const outside = logits.map((value, c) => c === LIKELIEST[0] ? 9 : value);
  let asked = 0;
  for (let step = search.next(); !step.done; asked++) {
    // Every second point is one behind the boundary, too far away to end the search.
    step = search.next({ logits: asked % 2 ? outside : logits, loss: -1, gradient });
  }
  assert.ok(
    asked <= attack.queries && asked > 0.9 * attack.queries,
    `${asked} of ${attack.queries}`,
  );
});
