/**
 * Pieces of WGSL: channels in fours out of tensors whose channels fill no vector, and text.
 *
 * @module
 */

/** How a tensor of `channels` is declared: as vectors where they fill them, else value by value. */
export function vectorWidth(channels: number): { readonly type: "vec4f" | "f32" } {
  return { type: channels % 4 === 0 ? "vec4f" : "f32" };
}

/** WGSL of channels `4·quad … 4·quad + 3` of a pixel of `tensor`; zeros beyond the last channel. */
export function channelsAt(tensor: string, pixel: string, quad: string, channels: number): string {
  if (channels % 4 === 0) return `${tensor}[${pixel} * ${channels / 4}u + ${quad}]`;
  const values = [0, 1, 2, 3].map((i) =>
    `select(0.0, ${tensor}[${pixel} * ${channels}u + min(4u * ${quad} + ${i}u, ${
      channels - 1
    }u)], ` +
    `4u * ${quad} + ${i}u < ${channels}u)`
  );
  return `vec4f(${values.join(", ")})`;
}

/** WGSL that stores `value` there, leaving out what lies beyond the last channel. */
export function storeChannels(
  tensor: string,
  pixel: string,
  quad: string,
  channels: number,
  value: string,
): string {
  if (channels % 4 === 0) return `${tensor}[${pixel} * ${channels / 4}u + ${quad}] = ${value};`;
  return [0, 1, 2, 3].map((i) =>
    `if (4u * ${quad} + ${i}u < ${channels}u) { ` +
    `${tensor}[${pixel} * ${channels}u + 4u * ${quad} + ${i}u] = ${value}[${i}]; }`
  ).join(" ");
}

/** Lines of text, all but the first indented by `spaces`. */
export function lines(spaces: number, texts: readonly string[]): string {
  return texts.join(`\n${" ".repeat(spaces)}`);
}

/** `0 … length − 1`. */
export function range(length: number): number[] {
  return [...Array(length).keys()];
}
