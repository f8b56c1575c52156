/**
 * The transforms of Winograd's F(4×4,3×3) (Lavin & Gray 2016, arXiv 1509.09308), four channels at a time: a 6×6 tile of
 * the image becomes 36 values per channel, and 36 values per channel become a 4×4 tile of the result.
 */
import { fma, fnma } from "./simd";

/** Bytes of scratch that the transforms use: a 6×6 tile of vectors. */
export const TILE_BYTES: usize = 36 * 16;

/** A tile's place: where its 6×6 window starts, and which of its rows and columns lie inside the image. */
// @ts-ignore: decorator
@inline
export function windowStart(image: usize, row: i32, column: i32, width: i32, channels: i32): usize {
  return image + (<usize>(((row << 2) - 1) * width + (column << 2) - 1) * channels << 2);
}

/** Stores `Bᵀ` times the six vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeInput(
  to: usize,
  step: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  d5: v128,
): void {
  const two = f32x4.splat(2), four = f32x4.splat(4), five = f32x4.splat(5);
  const even = fnma(four, d2, d4), odd = fnma(four, d1, d3);
  const inner = f32x4.sub(d4, d2), outer = f32x4.mul(two, f32x4.sub(d3, d1));
  v128.store(to, fma(four, d0, fnma(five, d2, d4)));
  v128.store(to + step, f32x4.add(even, odd));
  v128.store(to + 2 * step, f32x4.sub(even, odd));
  v128.store(to + 3 * step, f32x4.add(inner, outer));
  v128.store(to + 4 * step, f32x4.sub(inner, outer));
  v128.store(to + 5 * step, fma(four, d1, fnma(five, d3, d5)));
}

/** The vector at `from`, or zeros where `row` lies outside the image. */
// @ts-ignore: decorator
@inline
function loadRow(from: usize, row: i32, top: i32, bottom: i32): v128 {
  return row >= top && row < bottom ? v128.load(from) : f32x4.splat(0);
}

/**
 * `V = Bᵀ d B` of the 6×6 window `d` at `from`, for `channels` channels, whose 36 planes are `plane` bytes apart at
 * `to`. Whole vectors are stored: up to three values behind the last channel are overwritten.
 *
 * @param rowStride bytes between the window's rows
 * @param top first row inside the image, `bottom` the first below it; `left` and `right` likewise. The rest counts as 0.
 * @param tile {@link TILE_BYTES} of scratch
 */
export function transformInput(
  from: usize,
  rowStride: usize,
  channels: i32,
  top: i32,
  bottom: i32,
  left: i32,
  right: i32,
  to: usize,
  plane: usize,
  tile: usize,
): void {
  const inside = top == 0 && bottom == 6 && left == 0 && right == 6;
  const pixel = <usize>channels << 2;
  for (let c = 0; c < channels; c += 4) {
    if (inside) loadInside(from, rowStride, pixel, tile);
    else loadEdge(from, rowStride, pixel, top, bottom, left, right, tile);
    transformRows(tile, to, plane);
    from += 16;
    to += 16;
  }
}

/** The transform's first half: columns of a window that lies inside the image, as tile[row][column]. */
// @ts-ignore: decorator
@inline
function loadInside(from: usize, rowStride: usize, pixel: usize, tile: usize): void {
  for (let column = 0; column < 6; column++) {
    storeInput(
      tile,
      96,
      v128.load(from),
      v128.load(from + rowStride),
      v128.load(from + 2 * rowStride),
      v128.load(from + 3 * rowStride),
      v128.load(from + 4 * rowStride),
      v128.load(from + 5 * rowStride),
    );
    from += pixel;
    tile += 16;
  }
}

/** As {@link loadInside}, for a window across the image's edge. */
// @ts-ignore: decorator
@inline
function loadEdge(
  from: usize,
  rowStride: usize,
  pixel: usize,
  top: i32,
  bottom: i32,
  left: i32,
  right: i32,
  tile: usize,
): void {
  for (let column = 0; column < 6; column++) {
    const inside = column >= left && column < right;
    const first = inside ? top : 6, last = inside ? bottom : 0;
    storeInput(
      tile,
      96,
      loadRow(from, 0, first, last),
      loadRow(from + rowStride, 1, first, last),
      loadRow(from + 2 * rowStride, 2, first, last),
      loadRow(from + 3 * rowStride, 3, first, last),
      loadRow(from + 4 * rowStride, 4, first, last),
      loadRow(from + 5 * rowStride, 5, first, last),
    );
    from += pixel;
    tile += 16;
  }
}

/** The transform's second half: rows of tile[row][column] to planes 6·row + column. */
// @ts-ignore: decorator
@inline
function transformRows(tile: usize, to: usize, plane: usize): void {
  for (let row = 0; row < 6; row++) {
    storeInput(
      to,
      plane,
      v128.load(tile),
      v128.load(tile, 16),
      v128.load(tile, 32),
      v128.load(tile, 48),
      v128.load(tile, 64),
      v128.load(tile, 80),
    );
    tile += 96;
    to += 6 * plane;
  }
}

/**
 * The first half of `Y = Aᵀ M A`: tile[row][column] (4×6 vectors, 96 bytes a row) from the 36 planes of `M`, `plane`
 * bytes apart at `from`.
 */
export function transformOutputColumns(from: usize, plane: usize, tile: usize): void {
  const two = f32x4.splat(2), four = f32x4.splat(4), eight = f32x4.splat(8);
  const rowStep = 6 * plane;
  for (let column = 0; column < 6; column++) {
    const m1 = v128.load(from + rowStep), m2 = v128.load(from + 2 * rowStep);
    const m3 = v128.load(from + 3 * rowStep), m4 = v128.load(from + 4 * rowStep);
    const near = f32x4.add(m1, m2), nearOdd = f32x4.sub(m1, m2);
    const far = f32x4.add(m3, m4), farOdd = f32x4.sub(m3, m4);
    v128.store(tile, f32x4.add(f32x4.add(v128.load(from), near), far));
    v128.store(tile, fma(two, farOdd, nearOdd), 96);
    v128.store(tile, fma(four, far, near), 192);
    v128.store(tile, f32x4.add(fma(eight, farOdd, nearOdd), v128.load(from + 5 * rowStep)), 288);
    from += plane;
    tile += 16;
  }
}
