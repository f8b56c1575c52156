/**
 * The transforms of the polyphase Winograd algorithm for 3×3 convolutions of stride 2. Along an axis the result is
 * `y[i] = w0·x[2i−1] + w1·x[2i] + w2·x[2i+1]`: two taps on the odd pixels, for which F(4,2) needs five products for four
 * results (points 0, 1, −1, 2, ∞), and one tap on the even pixels, four products. Nine values stand for an axis, so 81
 * planes for a tile, where the direct sum has 144 products.
 */
import { fma, fnma } from "../simd";

/** Values of an axis after the transform: five points, then four even pixels. */
export const POINTS: i32 = 9;

/** Stores the points of the odd vectors and then the even vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storePoints(
  to: usize,
  step: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  e0: v128,
  e1: v128,
  e2: v128,
  e3: v128,
): void {
  const two = f32x4.splat(2);
  const outer = f32x4.sub(d3, d1);
  v128.store(to, fma(two, f32x4.sub(d0, d2), outer));
  v128.store(to + step, f32x4.sub(outer, f32x4.add(d1, d2)));
  v128.store(to + 2 * step, fma(f32x4.splat(3), f32x4.sub(d1, d2), outer));
  v128.store(to + 3 * step, outer);
  v128.store(to + 4 * step, fnma(two, outer, f32x4.sub(d4, d2)));
  v128.store(to + 5 * step, e0);
  v128.store(to + 6 * step, e1);
  v128.store(to + 7 * step, e2);
  v128.store(to + 8 * step, e3);
}

/** The vector at `from`, or zeros where `inside` is false. */
// @ts-ignore: decorator
@inline
function loadWhere(inside: bool, from: usize): v128 {
  return inside ? v128.load(from) : f32x4.splat(0);
}

/**
 * The 81 planes of the image's 9×9 window at `from`, for `channels` channels; planes are `plane` bytes apart at `to`.
 * Whole vectors are stored. Rows outside [top, bottom) and columns outside [left, right) count as 0.
 */
export function transformImage(
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
  const pixel = <usize>channels << 2;
  for (let c = 0; c < channels; c += 4, from += 16, to += 16) {
    for (let j = 0; j < 9; j++) {
      const inside = j >= left && j < right;
      const first = inside ? top : 9, last = inside ? bottom : 0;
      const at = from + j * pixel;
      storePoints(
        tile + (<usize>j << 4),
        144,
        loadWhere(first <= 0 && last > 0, at),
        loadWhere(first <= 2 && last > 2, at + 2 * rowStride),
        loadWhere(first <= 4 && last > 4, at + 4 * rowStride),
        loadWhere(first <= 6 && last > 6, at + 6 * rowStride),
        loadWhere(first <= 8 && last > 8, at + 8 * rowStride),
        loadWhere(first <= 1 && last > 1, at + rowStride),
        loadWhere(first <= 3 && last > 3, at + 3 * rowStride),
        loadWhere(first <= 5 && last > 5, at + 5 * rowStride),
        loadWhere(first <= 7 && last > 7, at + 7 * rowStride),
      );
    }
    for (let i: usize = 0; i < 9; i++) {
      const row = tile + 144 * i;
      storePoints(
        to + 9 * i * plane,
        plane,
        v128.load(row),
        v128.load(row, 32),
        v128.load(row, 64),
        v128.load(row, 96),
        v128.load(row, 128),
        v128.load(row, 16),
        v128.load(row, 48),
        v128.load(row, 80),
        v128.load(row, 112),
      );
    }
  }
}

/** As {@link transformImage}, of the gradient's 5×5 window, whose first four rows and columns are also the even ones. */
export function transformGradient(
  from: usize,
  rowStride: usize,
  channels: i32,
  bottom: i32,
  right: i32,
  to: usize,
  plane: usize,
  tile: usize,
): void {
  const pixel = <usize>channels << 2;
  for (let c = 0; c < channels; c += 4, from += 16, to += 16) {
    for (let j = 0; j < 5; j++) {
      const last = j < right ? bottom : 0;
      const at = from + j * pixel;
      const d0 = loadWhere(last > 0, at), d1 = loadWhere(last > 1, at + rowStride);
      const d2 = loadWhere(last > 2, at + 2 * rowStride);
      const d3 = loadWhere(last > 3, at + 3 * rowStride);
      const d4 = loadWhere(last > 4, at + 4 * rowStride);
      storePoints(tile + (<usize>j << 4), 80, d0, d1, d2, d3, d4, d0, d1, d2, d3);
    }
    for (let i: usize = 0; i < 9; i++) {
      const row = tile + 80 * i;
      const d0 = v128.load(row), d1 = v128.load(row, 16), d2 = v128.load(row, 32);
      const d3 = v128.load(row, 48), d4 = v128.load(row, 64);
      storePoints(to + 9 * i * plane, plane, d0, d1, d2, d3, d4, d0, d1, d2, d3);
    }
  }
}

/** Stores the four results of nine products' sums, `step` bytes apart: odd and even part added. */
// @ts-ignore: decorator
@inline
function storeSums(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step);
  const even = f32x4.add(m1, m2), odd = f32x4.sub(m1, m2);
  const y0 = f32x4.add(f32x4.add(v128.load(from), even), m3);
  const y3 = f32x4.add(fma(f32x4.splat(8), m3, odd), v128.load(from + 4 * step));
  v128.store(to, f32x4.add(y0, v128.load(from + 5 * step)));
  v128.store(
    to + toStep,
    f32x4.add(fma(f32x4.splat(2), m3, odd), v128.load(from + 6 * step)),
  );
  v128.store(
    to + 2 * toStep,
    f32x4.add(fma(f32x4.splat(4), m3, even), v128.load(from + 7 * step)),
  );
  v128.store(to + 3 * toStep, f32x4.add(y3, v128.load(from + 8 * step)));
}

/** Stores the eight results of nine products' sums, `step` bytes apart: even and odd parts in turns. */
// @ts-ignore: decorator
@inline
function storeTurns(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step);
  const even = f32x4.add(m1, m2), odd = f32x4.sub(m1, m2);
  v128.store(to + toStep, f32x4.add(f32x4.add(v128.load(from), even), m3));
  v128.store(to + 3 * toStep, fma(f32x4.splat(2), m3, odd));
  v128.store(to + 5 * toStep, fma(f32x4.splat(4), m3, even));
  v128.store(
    to + 7 * toStep,
    f32x4.add(fma(f32x4.splat(8), m3, odd), v128.load(from + 4 * step)),
  );
  v128.store(to, v128.load(from + 5 * step));
  v128.store(to + 2 * toStep, v128.load(from + 6 * step));
  v128.store(to + 4 * toStep, v128.load(from + 7 * step));
  v128.store(to + 6 * toStep, v128.load(from + 8 * step));
}

/** The convolution's 4×4 results from the 81 planes of products at `from`, to the 4×4 vectors at `to`. */
export function transformResult(from: usize, plane: usize, to: usize, tile: usize): void {
  for (let j: usize = 0; j < 9; j++) storeSums(from + j * plane, 9 * plane, tile + (j << 4), 144);
  for (let i: usize = 0; i < 4; i++) storeSums(tile + 144 * i, 16, to + (i << 6), 16);
}

/** The input gradient's 8×8 results from the 81 planes of products at `from`, to the 8×8 vectors at `to`. */
export function transformTurns(from: usize, plane: usize, to: usize, tile: usize): void {
  for (let j: usize = 0; j < 9; j++) storeTurns(from + j * plane, 9 * plane, tile + (j << 4), 144);
  for (let i: usize = 0; i < 8; i++) storeTurns(tile + 144 * i, 16, to + (i << 7), 16);
}
