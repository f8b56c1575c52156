import assert from "node:assert/strict";
import { apgd, beginApgd } from "../../../src/attack/autoattack/apgd.ts";
import {
  crossEntropyLoss,
  type ExampleLoss,
  targetDifference,
  targetedDlrLoss,
} from "../../../src/attack/autoattack/example_losses.ts";
import { beginFab, fab } from "../../../src/attack/autoattack/fab.ts";
import { runSearches } from "../../../src/attack/autoattack/lanes.ts";
import { Oracle } from "../../../src/attack/autoattack/oracle.ts";
import {
  type Example,
  likeliestOthers,
  type Search,
} from "../../../src/attack/autoattack/search.ts";
import { beginSquare, square, type SquareOptions } from "../../../src/attack/autoattack/square.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import { resnet18 } from "../../../src/model/architectures/resnet18.ts";
import { freeze } from "../../../src/model/frozen.ts";
import { disposeAll } from "../../../src/model/parameters.ts";
import { importState } from "../../../src/weights/state_dict.ts";
import { onOneThread, onWasm } from "../../testing/device.ts";
import { fixture } from "../../testing/fixture.ts";
import { largestError } from "../../testing/numbers.ts";
import { softplus } from "../../testing/tensors.ts";
import { SHAPE, VALUES } from "../../testing/images.ts";

onOneThread();

const MODEL = fixture("steps_w2"), REFERENCE = fixture("attacks");
const IMAGES = 4, CLASSES = 10;
const RADII = { linf: 1 / 255, l2: 16 / 255 } as const;
const PACKAGE_NAMES = { linf: "Linf", l2: "L2" } as const;
const SQUARE_EPSILON = 2 / 255;

/** What one search saw at its queries. */
interface Seen {
  readonly losses: number[];
  readonly margins: number[];
}

/** Runs `begin` on the fixture's images, one lane each; the searches' results and what they saw. */
async function attack<T>(
  backend: Backend,
  loss: ExampleLoss | undefined,
  begin: (example: Example, row: number) => Search<T>,
): Promise<{ readonly results: T[]; readonly seen: Seen[] }> {
  const architecture = resnet18({ width: 2, classes: 10 });
  const state = importState(MODEL.under("start."), architecture, "steps_w2");
  const model = freeze(architecture, state, softplus);
  disposeAll(state.parameters);
  disposeAll(state.buffers);
  const oracle = new Oracle(model.logits, { classes: CLASSES, shape: SHAPE }, backend);
  const x = Float32Array.from(MODEL.values("x").subarray(0, IMAGES * VALUES));
  const clean = await oracle.logits(x);
  const examples = Array.from(REFERENCE.integers("y"), (label, id): Example => ({
    id,
    label,
    shape: SHAPE,
    x: x.slice(id * VALUES, (id + 1) * VALUES),
    logits: clean.slice(id * 10, (id + 1) * 10),
  }));
  const results: T[] = [], seen: Seen[] = [];
  const search = function* (example: Example): Search<undefined> {
    const losses: number[] = [], margins: number[] = [];
    seen[example.id] = { losses, margins };
    const inner = begin(example, example.id);
    let step = inner.next();
    while (!step.done) {
      const observation = yield step.value;
      losses.push(observation.loss);
      const others = observation.logits.filter((_, c) => c !== example.label);
      margins.push(observation.logits[example.label]! - Math.max(...others));
      step = inner.next(observation);
    }
    results[example.id] = step.value;
    return undefined;
  };
  const packed = { ...loss && { loss }, queries: 1, reach: Infinity, search };
  await runSearches(packed, examples, oracle, { width: IMAGES, onDone: () => {} });
  model.dispose();
  return { results, seen };
}

/** The largest value so far, at each place. */
function bestSoFar(values: ArrayLike<number>): number[] {
  let best = -Infinity;
  return Array.from(values, (value) => best = Math.max(best, value));
}

for (const norm of ["linf", "l2"] as const) {
  const package_ = PACKAGE_NAMES[norm];
  for (const [name, loss] of [["ce", crossEntropyLoss], ["t", targetedDlrLoss]] as const) {
    onWasm(
      `apgd() follows torchattacks' APGD-${name} in ${norm} for 100 steps`,
      async (backend) => {
        const prefix = `apgd-${name}.${package_}`;
        const starts = Float32Array.from(REFERENCE.values(`${prefix}.start`));
        const { results, seen } = await attack(
          backend,
          loss,
          (example, row) => {
            const start = starts.slice(row * VALUES, (row + 1) * VALUES);
            const options = { norm, epsilon: RADII[norm], iterations: 100 };
            const target = name === "t" ? { target: likeliestOthers(example, 1)[0]! } : {};
            return apgd(example, { ...options, ...target }, beginApgd(start, options));
          },
        );
        assert.deepEqual(results, new Array(IMAGES).fill(undefined));
        const expected = REFERENCE.values(`${prefix}.losses`); // [101, IMAGES]
        for (const [row, { losses }] of seen.entries()) {
          const theirs = Array.from({ length: 101 }, (_, i) => expected[i * IMAGES + row]!);
          const error = largestError(bestSoFar(losses), bestSoFar(theirs));
          assert.ok(error <= 1e-4, `image ${row}: best losses differ by ${error}`);
          assert.ok(bestSoFar(theirs).at(-1)! > theirs[0]! + 1e-3, "the attack makes progress");
        }
      },
    );
  }

  onWasm(`fab() finds torchattacks' FAB-T distances in ${norm}`, async (backend) => {
    for (const iterations of [5, 20, 100]) {
      const { results } = await attack(
        backend,
        targetDifference,
        (example) =>
          fab(
            example,
            { norm, iterations, targets: likeliestOthers(example, 1), within: 0 },
            beginFab(example.x),
          ),
      );
      const distances = results.map((nearest) => nearest?.distance ?? 0);
      const expected = REFERENCE.values(`fab-t.${package_}.distance${iterations}`);
      // Where a rounding decides on which side of the boundary a point lies, the package itself moves by its drift.
      const drift = REFERENCE.values(`fab-t.${package_}.drift${iterations}`);
      for (const [row, distance] of distances.entries()) {
        const error = Math.abs(distance - expected[row]!);
        assert.ok(
          error <= Math.max(1e-4 * expected[row]!, 2 * drift[row]!),
          `image ${row} after ${iterations} steps: ${distance} instead of ${expected[row]}`,
        );
      }
    }
  });
}

onWasm(
  "square() accepts the queries that torchattacks accepts, given its draws",
  async (backend) => {
    const integers = (row: number, name: string) => REFERENCE.integers(`square.${row}.${name}`);
    const { seen } = await attack(backend, undefined, ({ id, ...example }) => {
      const stripes = integers(id, "stripes"), signs = integers(id, "signs");
      const places = integers(id, "places");
      const options: SquareOptions = {
        norm: "linf",
        epsilon: SQUARE_EPSILON,
        queries: integers(id, "accepted").length,
        draws(query) {
          let sign = 0, place = 0;
          return {
            sign: () => query === 0 ? stripes[sign++]! : signs[3 * (query - 1) + sign++]!,
            integer: () => places[2 * (query - 1) + place++]!,
          };
        },
      };
      return square({ id, ...example }, options, beginSquare({ id, ...example }, options));
    });
    for (const [row, { margins }] of seen.entries()) {
      const best = bestSoFar(margins.map((margin) => -margin));
      const accepted = margins.map((margin, i) => i === 0 || -margin > best[i - 1]! ? 1 : 0);
      assert.deepEqual(accepted, [...integers(row, "accepted")]);
      assert.ok(largestError(margins, REFERENCE.values(`square.${row}.margins`)) <= 1e-4);
    }
  },
);
