/** The input gradient of a 1×1 convolution. */
import { copyPixels, multiply, offsetTable, pixelsTogether } from "./gemm";
import { fillRows } from "./rows";
import { pointer, word } from "../words";

/**
 * What `dy` `[n][⌈h/stride⌉][⌈w/stride⌉][co]` gives `dx` `[n][h][w][ci]` through the 1×1 convolution whose filter
 * `directPack` transposed to `u`; plus `add`, and 0 where `mask` is not positive; these have the shape of `dx`, each
 * is left out if 0, and `add` may be `dx`; pixels that the convolution skips then stay as they are, unmasked. Words: dy,
 * u, dx, 0, add, mask, 0, n, h, w, co, ci, stride, examplesPerSlice, panelsPerSlice. Slices:
 * ⌈n/examplesPerSlice⌉ · ⌈panels of ci/panelsPerSlice⌉, panels fastest.
 */
export function directInput(args: usize, slice: i32, scratch: usize): void {
  const n = word(args, 7), h = word(args, 8), w = word(args, 9), ci = word(args, 11);
  const stride = word(args, 12), examplesPerSlice = word(args, 13), panelsPerSlice = word(args, 14);
  const panels = (ci + 7) >> 3, panelGroups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % panelGroups * panelsPerSlice;
  const lastPanel = min(firstPanel + panelsPerSlice, panels);
  const firstExample = slice / panelGroups * examplesPerSlice;
  const lastExample = min(firstExample + examplesPerSlice, n);
  for (let top = 0; top < min(stride, h); top++) {
    for (let left = 0; left < min(stride, w); left++) {
      multiplyPhase(
        args, scratch, top, left, firstExample, lastExample, firstPanel, lastPanel,
      );
    }
  }
}

/** The pixels of dx from row `top` and column `left` on, `stride` apart, of some examples and panels. */
function multiplyPhase(
  args: usize, scratch: usize, top: i32, left: i32,
  firstExample: i32, lastExample: i32, firstPanel: i32, lastPanel: i32,
): void {
  const dy = pointer(args, 0), dx = pointer(args, 2), add = pointer(args, 4);
  const h = word(args, 8), w = word(args, 9), co = word(args, 10), ci = word(args, 11);
  const stride = word(args, 12);
  const skipped = (top | left) != 0;
  if (skipped && add == dx) return;
  const high = (h - top + stride - 1) / stride, wide = (w - left + stride - 1) / stride;
  const last = lastExample * high * wide, step = pixelsTogether(co);
  for (let first = firstExample * high * wide; first < last; first += step) {
    const end = min(first + step, last);
    fillRows(
      offsetTable(scratch), first, end, high, wide,
      0, h, w, <usize>ci << 2, stride, top, left, 0,
    );
    if (!skipped) copyPixels(scratch, first, end, high, wide, dy, high, wide, co, 1);
    multiply(args, scratch, end - first, skipped ? 0 : co, ci, firstPanel, lastPanel);
  }
}
