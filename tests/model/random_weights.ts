/**
 * State dicts of any network, in which nothing has its default value.
 *
 * @module
 */
import type { SafeTensor } from "../../src/format/safetensors.ts";
import type { Architecture } from "../../src/model/architecture.ts";
import { bufferShapes, parameterShapes } from "../../src/model/parameters.ts";
import { Purpose, Stream } from "../../src/random/stream.ts";

/** Weights and running statistics of `architecture`, in float32 and PyTorch's layouts, as `random_start` of the fixtures. */
export function randomStateDict(architecture: Architecture): Map<string, SafeTensor> {
  const stream = new Stream(7, Purpose.initialisation, 0);
  const draw = (shape: readonly number[], low: number, high: number): SafeTensor => ({
    dtype: "F32",
    shape: [...shape],
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => low + (high - low) * stream.uniform(),
    ),
  });
  const dict = new Map<string, SafeTensor>();
  for (const [name, shape] of parameterShapes(architecture)) {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const bound = Math.sqrt((shape.length === 2 ? 1 : 6) / fanIn);
    if (shape.length > 1) dict.set(name, draw(shape, -bound, bound));
    else dict.set(name, name.endsWith("bias") ? draw(shape, -0.3, 0.3) : draw(shape, 0.5, 1.5));
  }
  for (const [name, shape] of bufferShapes(architecture)) {
    dict.set(name, name.endsWith("mean") ? draw(shape, -0.2, 0.2) : draw(shape, 0.5, 1.5));
  }
  return dict;
}
