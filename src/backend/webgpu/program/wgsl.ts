/**
 * Pieces of WGSL: channels in fours out of tensors whose channels fill no vector, and text.
 *
 * @module
 */

/** Values that a shader reads or writes at once. */
export type Lanes = 2 | 4;

/** How a tensor of `channels` is declared: as vectors of `lanes` where they fill vectors of four, else value by value. */
export function vectorWidth(
  channels: number,
  lanes: Lanes = 4,
): { readonly type: "vec4f" | "vec2f" | "f32" } {
  return { type: channels % 4 === 0 ? `vec${lanes}f` : "f32" };
}

/** WGSL of the `lanes` channels from `lanes·vector` on of a pixel of `tensor`; zeros beyond the last channel. */
export function channelsAt(
  tensor: string,
  pixel: string,
  vector: string,
  channels: number,
  lanes: Lanes = 4,
): string {
  if (channels % 4 === 0) return `${tensor}[${pixel} * ${channels / lanes}u + ${vector}]`;
  const values = range(lanes).map((i) =>
    `select(0.0, ${tensor}[${pixel} * ${channels}u + min(${lanes}u * ${vector} + ${i}u, ${
      channels - 1
    }u)], ` +
    `${lanes}u * ${vector} + ${i}u < ${channels}u)`
  );
  return `vec${lanes}f(${values.join(", ")})`;
}

/** Images `[…,height,width,channels]` with zeros around them. */
export interface PaddedImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Rows and columns of zeros above and left of an image; right of it and below there are as many as anyone asks for. */
  readonly margin: number;
  /** Of `step × step` pixels only the first is seen. */
  readonly step: number;
}

/** WGSL of `load_<tensor>(image, row, column, vector)`: `lanes` channels of a pixel, counted from the margin. */
export function pixelLoader(
  tensor: string,
  { height, width, channels, margin, step }: PaddedImage,
  lanes: Lanes = 4,
): string {
  return `
fn load_${tensor}(image: u32, row: u32, column: u32, vector: u32) -> vec${lanes}f {
  let down = (row - ${margin}u) * ${step}u;
  let right = (column - ${margin}u) * ${step}u;
  let pixel = (image * ${height}u + min(down, ${height - 1}u)) * ${width}u + min(right, ${
    width - 1
  }u);
  let inside = down < ${height}u && right < ${width}u;
  return select(vec${lanes}f(), ${channelsAt(tensor, "pixel", "vector", channels, lanes)}, inside);
}`;
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
