import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type Pass, PASSES, passesOf, termsOf } from "../../src/method/method.ts";
import { methodOf, VARIANTS } from "../../src/method/methods.ts";
import { evaluateObjective, type Objective } from "../../src/method/objective.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { type Fixture, fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { published } from "../testing/objectives.ts";
import { labelsOf, read, upload } from "../testing/tensors.ts";

const REFERENCE = fixture("losses");
const ROWS = 7, CLASSES = 10;
const TOLERANCE = 1e-5;

/** One-hot rows `[M,7]` at `rows`. */
function selectionOf(rows: readonly number[]): tf.Tensor2D {
  const matrix = rows.map((row) => Array.from({ length: ROWS }, (_, i) => i === row ? 1 : 0));
  return tf.tensor2d(matrix);
}

/** The rows `rows` of a `[7,10]` reference. */
function pick(values: ArrayLike<number>, rows: readonly number[]): number[] {
  return rows.flatMap((row) => Array.from(values).slice(row * CLASSES, (row + 1) * CLASSES));
}

const ALL = [0, 1, 2, 3, 4, 5, 6];

/** Value and gradients of `objective` on the fixture's logits against those it calls `name`. */
async function assertObjective(
  name: string,
  objective: Objective,
  memoryRows: readonly number[] | undefined,
  expected: Pick<Fixture, "values"> = REFERENCE,
): Promise<void> {
  const passes = passesOf(objective.method);
  const rowsOf = (pass: Pass) => pass === "mem" ? memoryRows ?? ALL : ALL;
  const logits = passes.map((pass) =>
    tf.tensor2d(pick(REFERENCE.values(pass), rowsOf(pass)), [rowsOf(pass).length, CLASSES])
  );
  const labels = labelsOf(REFERENCE), helped = labelsOf(REFERENCE, "y_help");
  const selection = memoryRows && selectionOf(memoryRows);
  const { value, grads } = tf.valueAndGrads((...tensors) => {
    const byPass = Object.fromEntries(passes.map((pass, i) => [pass, tensors[i] as tf.Tensor2D]));
    return evaluateObjective(objective, byPass, labels, selection, undefined, helped).loss;
  })(logits);
  tf.dispose([logits, labels, helped, selection ?? []]);
  assertClose(await read(value), expected.values(`${name}.loss`), TOLERANCE, `${name} loss`);
  for (const pass of PASSES) {
    const slopes = expected.values(`${name}.grad.${pass}`);
    const place = passes.indexOf(pass), rows = place < 0 ? [] : rowsOf(pass);
    const absent = pick(slopes, ALL.filter((row) => !rows.includes(row)));
    assert.ok(absent.every((slope) => slope === 0), `${name} does not depend on every ${pass}`);
    if (place < 0) continue;
    const what = `${name} gradient with respect to ${pass}`;
    assertClose(await read(grads[place]!), pick(slopes, rows), TOLERANCE, what);
  }
}

const CASES: [string, Objective][] = [
  ...VARIANTS.map((variant): [string, Objective] => [variant, published(variant)]),
  ["v3-misclassified", published("v3", "misclassified")],
];

for (const [name, objective] of CASES) {
  eachBackend(
    `evaluateObjective() gives PyTorch's ${name} loss and gradients`,
    () => assertObjective(name, objective, undefined),
  );
}

for (const variant of ["v1", "mart", "hat", "pgd-at", "standard"] as const) {
  const objective = { ...published(variant), labelSmoothing: 0.1 };
  eachBackend(
    `evaluateObjective() smooths labels as PyTorch's CrossEntropyLoss does, in ${variant}`,
    () => assertObjective(`smoothed.${variant}`, objective, undefined, fixture("optimiser_w2")),
  );
}

eachBackend("evaluateObjective() counts an example without a memory as zero", async () => {
  const present = ALL.filter((row) => REFERENCE.integers("present")[row] === 1);
  assert.ok(present.length > 1 && present.length < ROWS);
  await assertObjective("v1-partial", published("v1"), present);
  await assertObjective("v1-partial", published("v1"), present.toReversed());
});

/** The terms of `objective` on the fixture's logits, in float32. */
async function terms(objective: Objective, passes: readonly Pass[]): Promise<Map<string, number>> {
  const labels = labelsOf(REFERENCE);
  const logits = Object.fromEntries(
    passes.map((pass) => [pass, upload<tf.Rank.R2>(REFERENCE, pass)]),
  );
  const helped = labelsOf(REFERENCE, "y_help");
  const evaluated = tf.tidy(() => ({
    ...evaluateObjective(objective, logits, labels, undefined, undefined, helped),
  }));
  tf.dispose([labels, helped, logits]);
  const values = new Map<string, number>();
  for (const [name, term] of Object.entries<tf.Tensor>(evaluated)) {
    values.set(name, (await term.data())[0]!); // one tensor may be two of the terms
  }
  tf.dispose({ ...evaluated });
  return values;
}

for (const variant of VARIANTS) {
  onWasm(`evaluateObjective() reports the terms that ${variant}'s loss is made of`, async () => {
    const objective = published(variant), made = termsOf(objective.method);
    const found = await terms(objective, passesOf(objective.method));
    assert.deepEqual([...found.keys()], ["loss", ...made.map(({ name }) => name)]);
    const sum = made.reduce((sum, { name, coefficient }) => {
      const factor = coefficient ? objective.coefficients[coefficient]! : 1;
      return sum + factor * found.get(name)!;
    }, 0);
    assertClose([found.get("loss")!], [sum], 1e-6, "sum of the terms");
  });
}

/** `1 − p_y` of `logits` `[7,10]` in float64. */
function complements(logits: Float64Array | Float32Array | readonly number[]): number[] {
  return [...REFERENCE.integers("y")].map((label, row) => {
    const scores = Array.from(logits).slice(row * CLASSES, (row + 1) * CLASSES);
    const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
    return 1 - powers[label]! / powers.reduce((a, b) => a + b);
  });
}

onWasm(
  "evaluateObjective() tells the weights of the examples that it looks at, in their order",
  async () => {
    const labels = labelsOf(REFERENCE), rows = [5, 0, 3], selection = selectionOf(rows);
    const weightsOf = async (objective: Objective, memoryRows?: readonly number[]) => {
      let told: tf.Tensor1D | undefined;
      tf.tidy(() => {
        const logits = Object.fromEntries(
          passesOf(objective.method).map((pass) => {
            const all = REFERENCE.values(pass);
            return [
              pass,
              tf.tensor2d(pick(all, pass === "mem" ? memoryRows ?? ALL : ALL), [
                pass === "mem" ? (memoryRows ?? ALL).length : ROWS,
                CLASSES,
              ]),
            ];
          }),
        );
        evaluateObjective(objective, logits, labels, memoryRows && selection, (weights) => {
          assert.equal(told, undefined, "one term has weights");
          told = tf.keep(weights as tf.Tensor1D);
        });
      });
      return told && await read(told);
    };
    const ofMemory = complements(REFERENCE.values("mem"));
    const close = (actual: Float32Array, expected: number[]) =>
      assert.ok(
        actual.length === expected.length &&
          actual.every((weight, i) => Math.abs(weight - expected[i]! - 1e-7) < 1e-6),
        `${actual} rather than ${expected}`,
      );
    close((await weightsOf(published("v1")))!, ofMemory);
    close((await weightsOf(published("v1"), rows))!, rows.map((row) => ofMemory[row]!));
    close((await weightsOf(published("mart")))!, complements(REFERENCE.values("nat")));
    const counted = (await weightsOf(published("v3", "misclassified")))!;
    assert.deepEqual(new Set(counted.map(Math.round)), new Set([0, 1]));
    for (const name of ["v2", "v3", "trades", "pgd-at", "standard"] as const) {
      assert.equal(await weightsOf(published(name)), undefined, name);
    }
    tf.dispose([labels, selection]);
  },
);

onWasm("evaluateObjective() is TRADES' loss while there is no memory at all", async () => {
  for (const variant of ["v1", "v2", "v3"] as const) {
    const objective = published(variant);
    const without = await terms(objective, ["nat", "adv"]);
    const trades = await terms({ ...objective, method: methodOf("trades") }, ["nat", "adv"]);
    assert.deepEqual(without, trades);
    assert.equal(without.has("memory"), false);
  }
});

onWasm("evaluateObjective() refuses to leave a coefficient out", () => {
  const objective = { ...published("trades"), coefficients: {} }, labels = labelsOf(REFERENCE);
  const message = "The objective has no beta.";
  const logits = upload<tf.Rank.R2>(REFERENCE, "nat"), both = { nat: logits, adv: logits };
  tf.tidy(() => assert.throws(() => evaluateObjective(objective, both, labels), { message }));
  tf.dispose([logits, labels]);
  return Promise.resolve();
});
