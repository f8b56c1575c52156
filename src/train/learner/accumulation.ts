/**
 * A batch in parts: what each of them yields, counted by its share of the images and added up, is what the whole batch does,
 * since every term of a loss is a mean over the batch.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { TensorMap } from "../../backend/backend.ts";

/** `sums` and `share` times the `parts` of their names, which are disposed. */
export function added(sums: TensorMap, parts: TensorMap, share: tf.Tensor): TensorMap {
  return new Map([...parts].map(([name, part]) => {
    const sum = tf.tidy(() => tf.add(sums.get(name)!, tf.mul(part, share)));
    part.dispose();
    return [name, sum];
  }));
}

/** `share` times each of `terms`, which are disposed. Two of them may be one tensor: a loss of a single term is that term. */
export function scaled(terms: tf.NamedTensorMap, share: tf.Tensor): tf.NamedTensorMap {
  const counted = Object.entries(terms).map(([name, term]) => [name, tf.mul(term, share)] as const);
  tf.dispose(terms);
  return Object.fromEntries(counted);
}

/**
 * What the parts of a batch have yielded, which is disposed, as one: sums by name, and what is called `list` one behind
 * another. A part may lack a name: no image of it has a memory example, and the term is zero for all of them.
 */
export function joined(found: readonly tf.NamedTensorMap[], list: string): tf.NamedTensorMap {
  const names = new Set(found.flatMap((each) => Object.keys(each)));
  const whole = Object.fromEntries([...names].map((name) => {
    const values = found.flatMap(({ [name]: value }) => value ?? []);
    return [
      name,
      name === list
        ? tf.concat(values)
        : tf.tidy(() => values.reduce((sum, value) => tf.add(sum, value), tf.scalar(0))),
    ];
  }));
  found.forEach((each) => tf.dispose(each));
  return whole;
}
