/**
 * The gradient of a slice with strides, which tfjs does not have: converted networks crop with it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What tfjs keeps of the slice. */
interface Attributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** Lets tfjs differentiate `tf.stridedSlice`, forwards along every axis, from now on. */
export function registerStridedSliceGradient(): void {
  if (tf.getGradient(tf.StridedSlice)) return;
  tf.registerGradient({
    kernelName: tf.StridedSlice,
    inputsToSave: ["x"],
    gradFunc: (dy, [x], attributes) => ({
      x: () => spread(dy as tf.Tensor, x!.shape, attributes as unknown as Attributes),
    }),
  });
}

/** `dy` where the slice has taken its values from in a tensor of `shape`, zeros elsewhere. */
function spread(dy: tf.Tensor, shape: readonly number[], attributes: Attributes): tf.Tensor {
  const { begin: from, end: to, strides: asked, beginMask, endMask } = attributes;
  const { ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
  const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
  const { begin, end, strides } = tf.slice_util.sliceInfo([...shape], from, to, asked, ...masks);
  if (strides.some((stride) => stride < 1)) {
    throw new Error("Cannot compute gradient: gradient function not found for StridedSlice");
  }
  const counts = shape.map((_, axis) =>
    Math.max(0, Math.ceil((end[axis]! - begin[axis]!) / strides[axis]!))
  );
  const spans = counts.map((count, axis) => count === 0 ? 0 : (count - 1) * strides[axis]! + 1);
  let slope: tf.Tensor = tf.reshape(dy, counts);
  for (const [axis, stride] of strides.entries()) {
    const count = counts[axis]!;
    if (stride === 1 || count < 2) continue;
    const now = slope.shape, before = tf.util.sizeFromShape(now.slice(0, axis));
    const behind = tf.util.sizeFromShape(now.slice(axis + 1));
    const apart = tf.pad(tf.reshape(slope, [before, count, 1, behind]), [
      [0, 0],
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]);
    const line = tf.reshape(apart, [before, count * stride, behind]);
    const cut = tf.slice(line, [0, 0, 0], [before, spans[axis]!, behind]);
    slope = tf.reshape(cut, now.map((size, i) => i === axis ? spans[axis]! : size));
  }
  return tf.pad(
    slope,
    shape.map((size, axis) => [begin[axis]!, size - begin[axis]! - spans[axis]!]),
  );
}
