/**
 * A gather's filter as the HWIO filter has it.
 *
 * @module
 */
import type { Gather } from "./gather.ts";

/** WGSL: `filterQuad(tap, k, channel)`, weights of four result channels from `channel` on, zero beyond the filter. */
export function filterQuad({ mode, kernel, depth, channels }: Gather): string {
  const taps = kernel ** 2;
  const index = mode === "forward"
    ? `(tap * ${depth}u + k) * ${channels}u + channel + i`
    : `((${taps - 1}u - tap) * ${channels}u + channel + i) * ${depth}u + k`;
  return `@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < ${depth}u && channel + i < ${channels}u) { value[i] = hwio[${index}]; }
  }
  return value;
}`;
}
