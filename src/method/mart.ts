/**
 * MART (Wang et al. 2020): what the model gets wrong counts more.
 *
 * @module
 */
import type { Method, Term } from "./method.ts";

/** More than any two logits differ by. */
const FAR = 1e9;

/**
 * The boosted cross-entropy `CE(f(x'), y) − log(1.0001 − max_{c≠y} p_c(x') + 1e-12)`. The rest `1 − p_c` is summed from
 * the other classes: near certainty float32 has no digits left of the difference.
 */
const boostedCrossEntropy: Term<"adv"> = {
  name: "bce",
  passes: ["adv"],
  value({ adv }, labels, { tf, crossEntropy, heldConstant, labelProbability }) {
    const rival = heldConstant(adv, (logits) => {
      const largest = tf.argMax(tf.sub(logits, tf.mul(labels, FAR)), 1);
      return tf.cast(tf.oneHot(largest, logits.shape[1]), "float32");
    });
    const rest = labelProbability(adv, tf.sub(1, rival));
    return tf.sub(crossEntropy(adv, labels), tf.log(tf.add(rest, 1.0001 - 1 + 1e-12)));
  },
};

/** `(1.0000001 − p_y(x)) · KL(p(x)‖p(x'))`; the gradient flows through the weight too. */
const weighedDivergence: Term<"nat" | "adv"> = {
  name: "kl",
  coefficient: "beta",
  passes: ["nat", "adv"],
  weight: ({ nat }, labels, { tf, labelProbability }) =>
    tf.add(labelProbability(nat, tf.sub(1, labels)), 1e-7),
  value: ({ nat, adv }, _, { klDivergence }) => klDivergence(nat, adv),
};

/** MART. */
export const mart: Method<"mart"> = {
  name: "mart",
  summary: "adversarial examples, with more weight on what is misclassified",
  formula: "BCE(f(x'),y) + β·mean[KL(p(x)‖p(x'))·(1.0000001 − p_y(x))]",
  paper: "Wang et al., ICLR 2020",
  coefficients: { beta: 6 },
  attack: { start: "gaussian", loss: "ce" },
  terms: [boostedCrossEntropy, weighedDivergence],
};
