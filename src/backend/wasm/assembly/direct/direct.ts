/** 1×1 convolution: one matrix product. */
import { copyPixels, multiply, offsetTable, pixelsTogether } from "./gemm";
import { fillRows } from "./rows";
import { pointer, word } from "../words";

/**
 * A 1×1 convolution. `x` is `[n][h][w][k]`, `u` its filter from `directPack`, `y`
 * `[n][⌈h/stride⌉][⌈w/stride⌉][c]`. The sums plus `bias[c]` plus `add`, relu of that if `relu`, and 0 where `mask` is not
 * positive; `add` and `mask` have the shape of `y`, each is left out if 0, and `add` may be `y`. Words: x, u, y, bias,
 * add, mask, relu, n, h, w, k, c, stride, examplesPerSlice, panelsPerSlice. Slices:
 * ⌈n/examplesPerSlice⌉ · ⌈panels/panelsPerSlice⌉, panels fastest.
 */
export function direct(args: usize, slice: i32, scratch: usize): void {
  const x = pointer(args, 0), n = word(args, 7), h = word(args, 8), w = word(args, 9);
  const k = word(args, 10), c = word(args, 11), stride = word(args, 12);
  const examplesPerSlice = word(args, 13), panelsPerSlice = word(args, 14);
  const panels = (c + 7) >> 3, panelGroups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % panelGroups * panelsPerSlice;
  const lastPanel = min(firstPanel + panelsPerSlice, panels);
  const firstExample = slice / panelGroups * examplesPerSlice;
  const high = (h + stride - 1) / stride, wide = (w + stride - 1) / stride;
  const last = min(firstExample + examplesPerSlice, n) * high * wide, step = pixelsTogether(k);
  for (let first = firstExample * high * wide; first < last; first += step) {
    const end = min(first + step, last);
    fillRows(
      offsetTable(scratch), first, end, high, wide,
      0, high, wide, <usize>c << 2, 1, 0, 0, 0,
    );
    copyPixels(scratch, first, end, high, wide, x, h, w, k, stride);
    multiply(args, scratch, end - first, k, c, firstPanel, lastPanel);
  }
}
