/**
 * Where the values of a tensor stand that is read in another order, in part or repeatedly.
 *
 * @module
 */

/** Strides of a dense tensor of `shape`. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let d = shape.length - 1, stride = 1; d >= 0; stride *= shape[d--]!) strides[d] = stride;
  return strides;
}

/** The shape that `a` and `b` are broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], d: number) => shape[d - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, d) => at(a, d) === 1 ? at(b, d) : at(a, d));
}

/** Strides by which a dense tensor of `shape` is read as one of the shape `to`: zero where it is repeated. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const strides = denseStrides(shape), missing = to.length - shape.length;
  return to.map((_, d) => d < missing || shape[d - missing] === 1 ? 0 : strides[d - missing]!);
}

/** WGSL of `Σ_d coordinate_d · stride_d`, the coordinates being those of value `i` of a dense `shape`; `i` is a name. */
export function indexAt(
  shape: readonly number[],
  strides: readonly number[],
  i: string,
): string {
  const count = shape.reduce((product, size) => product * size, 1);
  const terms: string[] = [];
  let inner = 1;
  for (const { size, stride } of joined(shape, strides).toReversed()) {
    const above = inner === 1 ? i : `${i} / ${inner}u`;
    inner *= size;
    if (stride === 0) continue;
    const coordinate = inner === count ? above : `${above} % ${size}u`;
    terms.unshift(stride === 1 ? coordinate : `${coordinate} * ${stride}u`);
  }
  return terms.join(" + ") || "0u";
}

/** The dimensions, those that follow each other without a gap made one. */
function joined(shape: readonly number[], strides: readonly number[]) {
  const result: { size: number; stride: number }[] = [];
  shape.forEach((size, d) => {
    if (size === 1) return;
    const stride = strides[d]!, last = result.at(-1);
    if (last && last.stride === stride * size) {
      last.size *= size;
      last.stride = stride;
    } else {
      result.push({ size, stride });
    }
  });
  return result;
}
