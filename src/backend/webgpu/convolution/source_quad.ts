/**
 * A gather's source, straight from its buffer.
 *
 * @module
 */
import type { Gather } from "./gather.ts";

/**
 * WGSL: binding 0, and `sourceQuad(image, row, column, d)`, channels `4d` to `4d + 3` of a pixel, zero beyond the last
 * channel and outside the image; left of or above it, indices have wrapped to far beyond it.
 */
export function sourceQuad({ sourceRows, sourceColumns, depth }: Gather): string {
  const whole = depth % 4 === 0, quads = Math.ceil(depth / 4);
  const pixel = `(image * ${sourceRows}u + row) * ${sourceColumns}u + column`;
  const load = whole
    ? `return source[(${pixel}) * ${quads}u + d];`
    : `let at = (${pixel}) * ${depth}u + 4u * d;
  var value = vec4f(source[at], 0, 0, 0);
  for (var i = 1u; i < min(4u, ${depth}u - 4u * d); i++) { value[i] = source[at + i]; }
  return value;`;
  return `@group(0) @binding(0) var<storage, read> source: array<${whole ? "vec4f" : "f32"}>;

fn sourceQuad(image: u32, row: u32, column: u32, d: u32) -> vec4f {
  if (row >= ${sourceRows}u || column >= ${sourceColumns}u) { return vec4f(); }
  ${load}
}`;
}
