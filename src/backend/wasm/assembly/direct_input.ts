/** The input gradient of a direct convolution. */
import { clearZeros, completeBlocks, inputTable, multiply, offsetTable, useTap, zeros } from "./direct_gemm";
import { fillRows, ROWS } from "./direct_rows";
import { pointer, word } from "./words";

/**
 * What `dy` `[n][⌈h/stride⌉][⌈w/stride⌉][co]` gives `dx` `[n][h][w][ci]` through the convolution whose filter
 * `directPack` transposed to `u`; plus `add`, and 0 where `mask` is not positive; these have the shape of `dx`, each
 * is left out if 0, and `add` may be `dx`; pixels that no tap reaches then stay as they are, unmasked. Words: dy, u, dx, add, mask, n, h, w, ci, co, kernel, stride,
 * examplesPerSlice, panelsPerSlice. Slices: ⌈n/examplesPerSlice⌉ · ⌈panels of ci/panelsPerSlice⌉, panels fastest.
 *
 * With stride 2, pixels of dx with equal parities of row and column (a phase) meet the same taps, and their rows of
 * the matrix are adjacent pixels of dy.
 */
export function directInput(args: usize, slice: i32, scratch: usize): void {
  const n = word(args, 5), h = word(args, 6), w = word(args, 7);
  const ci = word(args, 8), co = word(args, 9), stride = word(args, 11);
  const examplesPerSlice = word(args, 12), panelsPerSlice = word(args, 13);
  const panels = (ci + 7) >> 3, panelGroups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % panelGroups * panelsPerSlice;
  const lastPanel = min(firstPanel + panelsPerSlice, panels);
  const firstExample = slice / panelGroups * examplesPerSlice;
  const lastExample = min(firstExample + examplesPerSlice, n);
  clearZeros(scratch, co);
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
  const dy = pointer(args, 0), u = pointer(args, 1), dx = pointer(args, 2);
  const add = pointer(args, 3), mask = pointer(args, 4), h = word(args, 6), w = word(args, 7);
  const ci = word(args, 8), co = word(args, 9), kernel = word(args, 10), stride = word(args, 11);
  const high = (h + stride - 1) / stride, wide = (w + stride - 1) / stride;
  const gridHigh = (h - top + stride - 1) / stride, gridWide = (w - left + stride - 1) / stride;
  const unreached = kernel == 1 && (top | left) != 0;
  if (unreached && add == dx) return;
  const grid = gridHigh * gridWide, last = lastExample * grid, pad = kernel >> 1;
  for (let first = firstExample * grid; first < last; first += ROWS) {
    const end = min(first + ROWS, last);
    fillRows(
      offsetTable(scratch), first, end, gridHigh, gridWide,
      0, h, w, <usize>ci << 2, stride, top, left, 0,
    );
    let taps = 0;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const down = top + pad - tap / kernel, right = left + pad - tap % kernel;
      if (down % stride != 0 || right % stride != 0) continue;
      fillRows(
        inputTable(scratch, taps), first, end, gridHigh, gridWide,
        dy, high, wide, <usize>co << 2, 1, down / stride, right / stride, zeros(scratch),
      );
      useTap(scratch, taps++, tap);
    }
    completeBlocks(scratch, end - first, taps);
    multiply(
      scratch, end - first, taps, u, kernel * kernel, co, ci, firstPanel, lastPanel,
      dx, 0, add, mask, 0,
    );
  }
}
