/** 3×3 convolutions of stride 2 and their input gradients by the polyphase Winograd algorithm. */
import { floorOf, shiftOf, storeSum } from "../epilogue";
import { multiplyPanel, ROWS, wholeBlocks } from "../gemm";
import {
  POINTS,
  transformGradient,
  transformImage,
  transformResult,
  transformTurns,
} from "./strided_transforms";
import { pointer, word } from "../words";

/** Tiles of a block. */
const BLOCK_TILES: i32 = 24;
/** Bytes of transformed input that fit into the scratch beside the rest. */
const MOST_BYTES: i32 = 6 << 20;
const PLANES: i32 = POINTS * POINTS;
/** Bytes of a transform's scratch, and of its results: up to 9×9 vectors each. */
const TILE_BYTES: usize = 81 * 16;

/** The filter's plane for the product plane `p`: the four even pixels of an axis share one tap. */
// @ts-ignore: decorator
@inline
function filterPlane(p: i32): i32 {
  return min(p / POINTS, 5) * 6 + min(p % POINTS, 5);
}

/**
 * The convolution of `x` [n,h,w,k] with stride 2, padded by 1, and its epilogue, as `winograd` has it; the result is
 * [n,⌈h/2⌉,⌈w/2⌉,c].
 *
 * Words: x, u (see winogradPack), y, bias|0, add|0, mask|0, relu, n, h, w, k, c, examplesPerSlice, panelsPerSlice.
 * Slices as `winograd`'s.
 */
export function strided(args: usize, slice: i32, scratch: usize): void {
  const h = word(args, 8), w = word(args, 9), k = word(args, 10), c = word(args, 11);
  const high = (h + 1) >> 1, wide = (w + 1) >> 1;
  run(args, slice, scratch, h, w, high, wide, k, c, high, wide, 4, false);
}

/**
 * The input gradient of {@link strided}: `dx` [n,h,w,c] from `dy` [n,⌈h/2⌉,⌈w/2⌉,k] and the transposed filter, with the
 * same words: dy, u, dx, 0, add|0, mask|0, 0, n, h, w, k, c, examplesPerSlice, panelsPerSlice.
 */
export function stridedInput(args: usize, slice: i32, scratch: usize): void {
  const h = word(args, 8), w = word(args, 9), k = word(args, 10), c = word(args, 11);
  const high = (h + 1) >> 1, wide = (w + 1) >> 1;
  run(args, slice, scratch, high, wide, high, wide, k, c, h, w, 8, true);
}

/** A slice of either: sources [n,sh,sw,k], tiles of 4×4 on [th,tw], results [n,h,w,c] with `size` pixels per tile. */
function run(
  args: usize,
  slice: i32,
  scratch: usize,
  sh: i32,
  sw: i32,
  th: i32,
  tw: i32,
  k: i32,
  c: i32,
  h: i32,
  w: i32,
  size: i32,
  gradient: bool,
): void {
  const n = word(args, 7), examples = word(args, 12), panelsPerSlice = word(args, 13);
  const panels = (c + 7) >> 3;
  const groups = (panels + panelsPerSlice - 1) / panelsPerSlice;
  const firstPanel = slice % groups * panelsPerSlice;
  const lastPanel = min(panels, firstPanel + panelsPerSlice);
  const first = slice / groups * examples, last = min(n, first + examples);
  const high = (th + 3) >> 2, wide = (tw + 3) >> 2, tilesPerExample = high * wide;
  const end = last * tilesPerExample;
  const fitting = max(1, MOST_BYTES / (PLANES * 4 * k * ROWS)) * ROWS;
  const wanted = min(BLOCK_TILES, end - first * tilesPerExample);
  const block = min(fitting, (wanted + ROWS - 1) / ROWS * ROWS);
  const plane = (<usize>(block * k) << 2) + 64;
  const tile = scratch, results = tile + TILE_BYTES, v = results + TILE_BYTES;
  const m = v + PLANES * plane;
  const rowStride = <usize>(sw * k) << 2;
  for (let tiles = first * tilesPerExample; tiles < end; tiles += block) {
    const count = min(block, end - tiles), rows = wholeBlocks(count);
    for (let t = 0; t < count; t++) {
      const index = tiles + t;
      const column = index % wide, row = index / wide % high, example = index / tilesPerExample;
      const source = pointer(args, 0) + example * sh * rowStride;
      const to = v + (<usize>(t * k) << 2);
      if (gradient) {
        const from = source + (<usize>(((row << 2) * sw + (column << 2)) * k) << 2);
        const bottom = min(5, sh - (row << 2)), right = min(5, sw - (column << 2));
        transformGradient(from, rowStride, k, bottom, right, to, plane, tile);
      } else {
        const top = (row << 3) - 1, left = (column << 3) - 1;
        transformImage(
          source + (<usize>((top * sw + left) * k) << 2),
          rowStride,
          k,
          row == 0 ? 1 : 0,
          min(9, sh - top),
          column == 0 ? 1 : 0,
          min(9, sw - left),
          to,
          plane,
          tile,
        );
      }
    }
    for (let panel = firstPanel; panel < lastPanel; panel++) {
      const columns = min(8, (c - (panel << 3) + 3) & ~3);
      const u = pointer(args, 1) + (<usize>(panel * 36 * k) << 5);
      const uStep = <usize>(k * columns) << 2, mStep = <usize>(rows * columns) << 2;
      for (let p = 0; p < PLANES; p++) {
        multiplyPanel(v + p * plane, rows, u + filterPlane(p) * uStep, k, columns, m + p * mStep);
      }
      for (let t = 0; t < count; t++) {
        const index = tiles + t;
        const column = index % wide, row = index / wide % high, example = index / tilesPerExample;
        const pixel = (example * h + row * size) * w + column * size;
        for (let j = 0; j < columns; j += 4) {
          const channel = (panel << 3) + j;
          const from = m + (<usize>(t * columns + j) << 2);
          if (gradient) transformTurns(from, mStep, results, tile);
          else transformResult(from, mStep, results, tile);
          const high = min(size, h - row * size), wide = min(size, w - column * size);
          finish(args, pixel, channel, w, c, high, wide, results, <usize>size << 4);
        }
      }
    }
  }
}

/** The epilogue of `high` by `wide` vectors at `results`, `step` bytes a row, for the pixels from `pixel` on. */
function finish(
  args: usize,
  pixel: i32,
  channel: i32,
  w: i32,
  c: i32,
  high: i32,
  wide: i32,
  results: usize,
  step: usize,
): void {
  const y = pointer(args, 2), add = pointer(args, 4), mask = pointer(args, 5);
  const shift = shiftOf(pointer(args, 3), channel), floor = floorOf(word(args, 6));
  for (let i = 0; i < high; i++, results += step) {
    let at = <usize>((pixel + i * w) * c + channel) << 2;
    for (let j = 0; j < wide; j++, at += <usize>c << 2) {
      const sum = v128.load(results + (<usize>j << 4));
      storeSum(y, at, sum, shift, floor, add, mask, c - channel);
    }
  }
}
