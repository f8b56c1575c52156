/**
 * 3×3 convolutions of stride 1 by Winograd's F(4×4,3×3): the image's tiles are transformed, multiplied with the
 * transformed filter in 36 matrix products, and transformed back.
 */
import { floorOf, shiftOf } from "../epilogue";
import { multiplyPanel, ROWS, wholeBlocks } from "../gemm";
import { transformOutput } from "./output";
import { transformInput, windowStart, zeroBytes } from "./transforms";
import { pointer, word } from "../words";

/** Tiles of a block: enough to use every value of the filter many times while it passes by. */
const BLOCK_TILES: i32 = 48;
/** Bytes of transformed input that fit into the scratch beside the rest. */
const MOST_BYTES: i32 = 6 << 20;
/** Panels that are multiplied with the same transformed input while a cache holds it. */
const GROUP: i32 = 4;

/** Tiles of a block for `k` channels: whole blocks of the product. */
// @ts-ignore: decorator
@inline
function blockTiles(k: i32, tiles: i32): i32 {
  const fitting = max(1, MOST_BYTES / (36 * 4 * k * ROWS)) * ROWS;
  return min(fitting, (min(BLOCK_TILES, tiles) + ROWS - 1) / ROWS * ROWS);
}

/**
 * The convolution of `x` [n,h,w,k], padded by 1, with a packed filter, and its epilogue: (+ bias[c]) (+ add), then
 * max(·,0) if `relu`, then 0 where `mask` ≤ 0. `add` and `mask` have the result's shape [n,h,w,c]; `add` may be `y`.
 *
 * Words: x, u (see winogradPack), y, bias|0, add|0, mask|0, relu, n, h, w, k, c, examplesPerSlice, panelsPerSlice.
 * Slices: ⌈n/examplesPerSlice⌉ · ⌈panels/panelsPerSlice⌉, the panels of the first examples first.
 */
export function winograd(args: usize, slice: i32, scratch: usize): void {
  const n = word(args, 7), h = word(args, 8), w = word(args, 9), k = word(args, 10);
  const c = word(args, 11), examples = word(args, 12), panelsPerSlice = word(args, 13);
  const panels = (c + 7) >> 3;
  const groups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % groups * panelsPerSlice;
  const lastPanel = min(panels, firstPanel + panelsPerSlice);
  const first = slice / groups * examples, last = min(n, first + examples);
  const tilesPerExample = ((h + 3) >> 2) * ((w + 3) >> 2);
  const end = last * tilesPerExample;
  const block = blockTiles(k, end - first * tilesPerExample);
  const plane = (<usize>(block * k) << 2) + 64;
  const zeros = scratch, v = zeros + zeroBytes(k), m = v + 36 * plane;
  memory.fill(zeros, 0, zeroBytes(k));
  for (let tiles = first * tilesPerExample; tiles < end; tiles += block) {
    const count = min(block, end - tiles);
    const rows = wholeBlocks(count);
    loadTiles(pointer(args, 0), h, w, k, tiles, count, v, plane, <usize>k << 2, 16, zeros);
    const panelStep = <usize>(36 * (rows + ROWS)) << 5;
    for (let group = firstPanel; group < lastPanel; group += GROUP) {
      const end = min(group + GROUP, lastPanel);
      for (let xi = 0; xi < 36; xi++) {
        let to = m;
        for (let panel = group; panel < end; panel++) {
          const columns = min(8, (c - (panel << 3) + 3) & ~3);
          const u = pointer(args, 1) + (<usize>(panel * 36 * k) << 5);
          const uStep = <usize>(k * columns) << 2, mStep = <usize>(rows * columns) << 2;
          multiplyPanel(v + xi * plane, rows, u + xi * uStep, k, columns, to + xi * mStep);
          to += panelStep;
        }
      }
      storeTiles(args, tiles, count, rows, group, end, m, panelStep);
    }
  }
}

/**
 * Transforms `count` tiles, numbered over all examples, from tile `first` on, to `v`: in every plane, tiles are `stride`
 * bytes apart and their vectors of four channels `step` bytes.
 */
export function loadTiles(
  x: usize,
  h: i32,
  w: i32,
  k: i32,
  first: i32,
  count: i32,
  v: usize,
  plane: usize,
  stride: usize,
  step: usize,
  zeros: usize,
): void {
  const high = (h + 3) >> 2, wide = (w + 3) >> 2;
  const rowStride = <usize>(w * k) << 2;
  for (let t = 0; t < count; t++) {
    const index = first + t;
    const column = index % wide, row = index / wide % high, example = index / (wide * high);
    transformInput(
      windowStart(x + example * h * rowStride, row, column, w, k),
      rowStride,
      k,
      row == 0 ? 1 : 0,
      min(6, h + 1 - (row << 2)),
      column == 0 ? 1 : 0,
      min(6, w + 1 - (column << 2)),
      v + t * stride,
      plane,
      step,
      zeros,
    );
  }
}

/**
 * Transforms the products of some panels back and stores what lies inside the image, tile by tile: a tile's channels lie
 * side by side, and a line of the nearest cache holds those of two panels.
 */
function storeTiles(
  args: usize,
  first: i32,
  count: i32,
  rows: i32,
  firstPanel: i32,
  lastPanel: i32,
  m: usize,
  panelStep: usize,
): void {
  const h = word(args, 8), w = word(args, 9), c = word(args, 11), pixel = <usize>c << 2;
  const y = pointer(args, 2), bias = pointer(args, 3), add = pointer(args, 4), mask = pointer(args, 5);
  const high = (h + 3) >> 2, wide = (w + 3) >> 2, floor = floorOf(word(args, 6));
  const firstRow = first / wide;
  let column = first - firstRow * wide, row = firstRow % high, example = firstRow / high;
  for (let t = 0; t < count; t++) {
    const at = <usize>((example * h + (row << 2)) * w + (column << 2)) * pixel;
    const down = min(4, h - (row << 2)), across = min(4, w - (column << 2));
    let from = m;
    for (let panel = firstPanel; panel < lastPanel; panel++, from += panelStep) {
      const columns = min(8, (c - (panel << 3) + 3) & ~3), plane = <usize>(rows * columns) << 2;
      for (let j = 0; j < columns; j += 4) {
        const channel = (panel << 3) + j;
        transformOutput(
          from + (<usize>(t * columns + j) << 2),
          plane,
          down,
          across,
          pixel,
          w * pixel,
          y,
          at + (<usize>channel << 2),
          shiftOf(bias, channel),
          floor,
          add,
          mask,
          c - channel,
        );
      }
    }
    if (++column < wide) continue;
    column = 0;
    if (++row < high) continue;
    row = 0;
    example++;
  }
}
