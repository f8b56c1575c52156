import * as tf from "@tensorflow/tfjs";
import {
  type AttackLoss,
  crossEntropyAttack,
  klAttack,
  memoryKlAttack,
} from "../../src/attack/attack_loss.ts";
import { ATTACK_LOSSES, type AttackLossName } from "../../src/attack/options.ts";
import { v1 } from "../../src/method/v1.ts";
import { eachBackend } from "../testing/backends.ts";
import { onWasm } from "../testing/device.ts";
import { fixture } from "../testing/fixture.ts";
import { assertClose } from "../testing/numbers.ts";
import { labelsOf, read, upload } from "../testing/tensors.ts";

const REFERENCE = fixture("losses");
const RATIO = v1.coefficients.betaPrime! / v1.coefficients.beta!;

interface Constants {
  readonly nat: tf.Tensor2D;
  readonly mem: tf.Tensor2D;
  readonly labels: tf.Tensor2D;
}

/** Value and gradient, with respect to the fixture's adversarial logits, of the loss that `make` builds. */
async function differentiate(make: (constants: Constants) => AttackLoss) {
  const constants = {
    nat: upload<tf.Rank.R2>(REFERENCE, "nat"),
    mem: upload<tf.Rank.R2>(REFERENCE, "mem"),
    labels: labelsOf(REFERENCE),
  };
  const adv = upload<tf.Rank.R2>(REFERENCE, "adv");
  const { value, grad } = tf.valueAndGrad((logits) => make(constants)(logits as tf.Tensor2D))(adv);
  tf.dispose([constants, adv]);
  return { value: await read(value), gradient: await read(grad) };
}

const MAKERS: Record<AttackLossName, (constants: Constants) => AttackLoss> = {
  "kl": ({ nat }) => klAttack(nat),
  "ce": ({ labels }) => crossEntropyAttack(labels),
  "memory-kl": ({ nat, mem }) => memoryKlAttack(nat, mem, RATIO),
};

for (const name of ATTACK_LOSSES) {
  eachBackend(`AttackLoss "${name}" has PyTorch's value and gradient`, async () => {
    const { value, gradient } = await differentiate(MAKERS[name]);
    const expect = (what: string) => REFERENCE.values(`attack.${name}.${what}`);
    assertClose(value, expect("loss"), 1e-5, "loss");
    assertClose(gradient, expect("grad.adv"), 1e-5, "gradient");
  });
}

onWasm("memoryKlAttack() adds the memory's term in the rows that have one", async () => {
  const rows = [4, 1];
  const all = await differentiate(MAKERS["memory-kl"]);
  const none = await differentiate(MAKERS.kl);
  const some = await differentiate(({ nat, mem }) => {
    const selection = tf.tensor2d(
      rows.map((row) => Array.from({ length: 7 }, (_, i) => i === row ? 1 : 0)),
    );
    const selected = tf.matMul(selection, mem) as tf.Tensor2D;
    return memoryKlAttack(nat, selected, RATIO, selection);
  });
  const expected = none.gradient.map((slope, i) =>
    rows.includes(Math.floor(i / 10)) ? all.gradient[i]! : slope
  );
  assertClose(some.gradient, expected, 1e-6, "gradient");
});
