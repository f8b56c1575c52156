/** Convolution as one matrix product, without copying its input. */
import { clearZeros, completeBlocks, inputTable, multiply, offsetTable, useTap, zeros } from "./direct_gemm";
import { fillRows, ROWS } from "./direct_rows";
import { pointer, word } from "./words";

/**
 * A convolution with a square kernel (1 or 3), padded by `(kernel − 1)/2`. `x` is `[n][h][w][k]`, `u` its filter from
 * `directPack`, `y` `[n][⌈h/stride⌉][⌈w/stride⌉][c]`. The sums plus `bias[c]` plus `add`, relu of that if `relu`, and
 * 0 where `mask` is not positive; `add` and `mask` have the shape of `y`, each is left out if 0, and `add` may be `y`.
 * Words: x, u, y, bias, add, mask, relu, n, h, w, k, c, kernel, stride, examplesPerSlice, panelsPerSlice. Slices:
 * ⌈n/examplesPerSlice⌉ · ⌈panels/panelsPerSlice⌉, panels fastest.
 */
export function direct(args: usize, slice: i32, scratch: usize): void {
  const x = pointer(args, 0), u = pointer(args, 1), y = pointer(args, 2);
  const bias = pointer(args, 3), add = pointer(args, 4), mask = pointer(args, 5);
  const relu = word(args, 6), n = word(args, 7), h = word(args, 8), w = word(args, 9);
  const k = word(args, 10), c = word(args, 11), kernel = word(args, 12), stride = word(args, 13);
  const examplesPerSlice = word(args, 14), panelsPerSlice = word(args, 15);
  const panels = (c + 7) >> 3, panelGroups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % panelGroups * panelsPerSlice;
  const lastPanel = min(firstPanel + panelsPerSlice, panels);
  const firstExample = slice / panelGroups * examplesPerSlice;
  const high = (h + stride - 1) / stride, wide = (w + stride - 1) / stride;
  const last = min(firstExample + examplesPerSlice, n) * high * wide;
  const taps = kernel * kernel, pad = kernel >> 1;
  clearZeros(scratch, k);
  for (let tap = 0; tap < taps; tap++) useTap(scratch, tap, tap);
  for (let first = firstExample * high * wide; first < last; first += ROWS) {
    const end = min(first + ROWS, last);
    fillRows(
      offsetTable(scratch), first, end, high, wide,
      0, high, wide, <usize>c << 2, 1, 0, 0, 0,
    );
    for (let tap = 0; tap < taps; tap++) {
      fillRows(
        inputTable(scratch, tap), first, end, high, wide,
        x, h, w, <usize>k << 2, stride, tap / kernel - pad, tap % kernel - pad, zeros(scratch),
      );
    }
    completeBlocks(scratch, end - first, taps);
    multiply(
      scratch, end - first, taps, u, taps, k, c, firstPanel, lastPanel, y, bias, add, mask, relu,
    );
  }
}
