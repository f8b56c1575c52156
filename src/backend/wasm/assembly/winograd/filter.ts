/**
 * The filter's gradient by the transposed Winograd algorithm: `dg = Gᵀ [(Bᵀ d B) ⊙ (A dY Aᵀ)] G`, summed over all
 * tiles before the last transform. Tiles are taken in groups of examples, one after another, so that the sums have one
 * order whatever runs in parallel.
 */
import { four, two } from "./factors";
import { outer4x8, ROWS } from "../gemm";
import { fma, fnma, storeLanes } from "../simd";
import { loadTiles } from "./winograd";
import { zeroBytes } from "./transforms";
import { pointer, word } from "../words";

/** Bytes of a 6×6 tile of vectors. */
const TILE_BYTES: usize = 36 * 16;

/** Bytes of one of the 36 planes of `tiles` tiles with `channels` channels. */
// @ts-ignore: decorator
@inline
function planeBytes(tiles: i32, channels: i32): usize {
  return (<usize>(tiles * channels) << 2) + 64;
}

/** Channels of `V` for `ci`, and of `M` and `dU` for `co`. */
// @ts-ignore: decorator
@inline
function inWidth(ci: i32): i32 {
  return (ci + 3) & ~3;
}
// @ts-ignore: decorator
@inline
function outWidth(co: i32): i32 {
  return (co + 7) & ~7;
}

/**
 * `V = Bᵀ d B` of the image's and `M = A dY Aᵀ` of the gradient's tiles, for the examples from `first` to `last`:
 * v[36][⌈ci/4⌉][T][4], m[36][⌈co/8⌉][T][8], 64 bytes between planes, so that products read both in sequence.
 *
 * Words: x, dy, v, m, n, h, w, ci, co, first, last, tilesPerSlice. Slices: ⌈T/tilesPerSlice⌉.
 */
export function winogradFilterTransform(args: usize, slice: i32, scratch: usize): void {
  const h = word(args, 5), w = word(args, 6), ci = word(args, 7), co = word(args, 8);
  const start = word(args, 9), end = word(args, 10), tilesPerSlice = word(args, 11);
  const tilesPerExample = ((h + 3) >> 2) * ((w + 3) >> 2);
  const tiles = (end - start) * tilesPerExample;
  const first = slice * tilesPerSlice, last = min(tiles, first + tilesPerSlice);
  const x = pointer(args, 0), dy = pointer(args, 1);
  const v = pointer(args, 2), m = pointer(args, 3);
  const vPlane = planeBytes(tiles, inWidth(ci)), mPlane = planeBytes(tiles, outWidth(co));
  const step = <usize>tiles << 4;
  memory.fill(scratch, 0, zeroBytes(ci));
  for (let t = first; t < last; t++) {
    const index = start * tilesPerExample + t, to = v + (<usize>t << 4);
    loadTiles(x, h, w, ci, index, 1, to, vPlane, 16, step, scratch);
    loadGradient(dy, h, w, co, index, m + (<usize>t << 5), mPlane, 2 * step);
  }
}

/** The rows of `A d`; what they have in common is computed once. */
// @ts-ignore: decorator
@inline
function gradient1(d0: v128, d1: v128, d2: v128, d3: v128): v128 {
  return f32x4.add(f32x4.add(d0, d2), f32x4.add(d1, d3));
}
// @ts-ignore: decorator
@inline
function gradient2(d0: v128, d1: v128, d2: v128, d3: v128): v128 {
  return f32x4.sub(f32x4.add(d0, d2), f32x4.add(d1, d3));
}
// @ts-ignore: decorator
@inline
function gradient3(d0: v128, d1: v128, d2: v128, d3: v128, by2: v128, by4: v128): v128 {
  return fma(by2, fma(by4, d3, d1), fma(by4, d2, d0));
}
// @ts-ignore: decorator
@inline
function gradient4(d0: v128, d1: v128, d2: v128, d3: v128, by2: v128, by4: v128): v128 {
  return fnma(by2, fma(by4, d3, d1), fma(by4, d2, d0));
}

/** Stores `A` times the four vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeGradient(
  to: usize,
  step: usize,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  by2: v128,
  by4: v128,
): void {
  v128.store(to, d0);
  v128.store(to + step, gradient1(d0, d1, d2, d3));
  v128.store(to + 2 * step, gradient2(d0, d1, d2, d3));
  v128.store(to + 3 * step, gradient3(d0, d1, d2, d3, by2, by4));
  v128.store(to + 4 * step, gradient4(d0, d1, d2, d3, by2, by4));
  v128.store(to + 5 * step, d3);
}

/**
 * `A dY Aᵀ` of the 4×4 tile `index` of `dy`, zero beyond the image's edge; in a plane, every eight channels are `step`
 * bytes apart.
 */
function loadGradient(
  dy: usize,
  h: i32,
  w: i32,
  channels: i32,
  index: i32,
  to: usize,
  plane: usize,
  step: usize,
): void {
  const by2 = f32x4.splat(two), by4 = f32x4.splat(four), zero = f32x4.splat(0);
  const high = (h + 3) >> 2, wide = (w + 3) >> 2;
  const column = index % wide, row = index / wide % high, example = index / (wide * high);
  const pixel = <usize>channels << 2, rowStride = w * pixel;
  const rows = h - (row << 2), columns = w - (column << 2);
  let from = dy + <usize>((example * h + (row << 2)) * w + (column << 2)) * pixel;
  for (let c = 0; c < channels; c += 4, from += 16) {
    let at = from, inside = rows;
    let d0 = inside > 0 ? v128.load(at) : zero;
    let d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    let d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    let d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t10 = gradient1(d0, d1, d2, d3), t20 = gradient2(d0, d1, d2, d3);
    const t30 = gradient3(d0, d1, d2, d3, by2, by4), t40 = gradient4(d0, d1, d2, d3, by2, by4);
    const t00 = d0, t50 = d3;
    at += pixel;
    inside = columns > 1 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t11 = gradient1(d0, d1, d2, d3), t21 = gradient2(d0, d1, d2, d3);
    const t31 = gradient3(d0, d1, d2, d3, by2, by4), t41 = gradient4(d0, d1, d2, d3, by2, by4);
    const t01 = d0, t51 = d3;
    at += pixel;
    inside = columns > 2 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t12 = gradient1(d0, d1, d2, d3), t22 = gradient2(d0, d1, d2, d3);
    const t32 = gradient3(d0, d1, d2, d3, by2, by4), t42 = gradient4(d0, d1, d2, d3, by2, by4);
    const t02 = d0, t52 = d3;
    at += pixel;
    inside = columns > 3 ? rows : 0;
    d0 = inside > 0 ? v128.load(at) : zero;
    d1 = inside > 1 ? v128.load(at + rowStride) : zero;
    d2 = inside > 2 ? v128.load(at + 2 * rowStride) : zero;
    d3 = inside > 3 ? v128.load(at + 3 * rowStride) : zero;
    const t13 = gradient1(d0, d1, d2, d3), t23 = gradient2(d0, d1, d2, d3);
    const t33 = gradient3(d0, d1, d2, d3, by2, by4), t43 = gradient4(d0, d1, d2, d3, by2, by4);
    const t03 = d0, t53 = d3;
    let target = to + <usize>(c >> 3) * step + (<usize>(c & 4) << 2);
    storeGradient(target, plane, t00, t01, t02, t03, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t10, t11, t12, t13, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t20, t21, t22, t23, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t30, t31, t32, t33, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t40, t41, t42, t43, by2, by4);
    target += 6 * plane;
    storeGradient(target, plane, t50, t51, t52, t53, by2, by4);
  }
}

/**
 * du[ξ][ci][co rounded up to 8] (+)= Σ_t V[ξ][t][ci] · M[ξ][t][co], t ascending.
 *
 * Words: v, m, du, T, ci, co, accumulate, ciPerSlice. Slices: 36 · ⌈ci/ciPerSlice⌉, the channels of the first ξ first; ciPerSlice is
 * a multiple of four.
 */
export function winogradFilterGemm(args: usize, slice: i32, _scratch: usize): void {
  const tiles = word(args, 3), ci = word(args, 4), co = word(args, 5);
  const accumulate = <bool>(word(args, 6) != 0), ciPerSlice = word(args, 7);
  const cuts = (ci + ciPerSlice - 1) / ciPerSlice;
  const xi = slice / cuts;
  const first = slice % cuts * ciPerSlice, last = min(ci, first + ciPerSlice);
  const columns = outWidth(co), stride = <usize>columns << 2;
  const v = pointer(args, 0) + xi * planeBytes(tiles, inWidth(ci));
  const m = pointer(args, 1) + xi * planeBytes(tiles, columns);
  const du = pointer(args, 2) + <usize>(xi * ci) * stride;
  for (let i = first; i < last; i += ROWS) {
    const a = v + (<usize>(i * tiles) << 2), rows = min(ROWS, last - i), to = du + i * stride;
    for (let j = 0; j < columns; j += 8) {
      const b = m + (<usize>(j * tiles) << 2);
      outer4x8(a, b, tiles, to + (<usize>j << 2), stride, rows, accumulate);
    }
  }
}

/** Stores `Gᵀ` times the six vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeTaps(to: usize, step: usize, u0: v128, u1: v128, u2: v128, u3: v128, u4: v128, u5: v128): void {
  const sixth = f32x4.splat(1 / 6.0), near = f32x4.add(u1, u2), far = f32x4.add(u3, u4);
  const nearOdd = f32x4.sub(u2, u1), farOdd = f32x4.sub(u3, u4);
  v128.store(to, fma(f32x4.splat(0.25), u0, fnma(sixth, near, f32x4.mul(far, f32x4.splat(1 / 24.0)))));
  v128.store(to + step, fma(sixth, nearOdd, f32x4.mul(farOdd, f32x4.splat(1 / 12.0))));
  v128.store(to + 2 * step, fma(sixth, f32x4.sub(far, near), u5));
}

/**
 * dw [3][3][ci][co] = `Gᵀ dU G`.
 *
 * Words: du, dw, ci, co, ciPerSlice. Slices: ⌈ci/ciPerSlice⌉.
 */
export function winogradFilterFinish(args: usize, slice: i32, scratch: usize): void {
  const du = pointer(args, 0), dw = pointer(args, 1), ci = word(args, 2), co = word(args, 3);
  const ciPerSlice = word(args, 4);
  const last = min(ci, (slice + 1) * ciPerSlice);
  const rowBytes = <usize>outWidth(co) << 2, plane = ci * rowBytes;
  const tap = <usize>(ci * co) << 2;
  const tile = scratch, rows = tile + TILE_BYTES, step = rowBytes + 64;
  for (let i = slice * ciPerSlice; i < last; i++) {
    // The processor fetches 36 whole rows ahead, but not 36 streams of single vectors.
    for (let xi = 0; xi < 36; xi++) {
      memory.copy(rows + xi * step, du + xi * plane + i * rowBytes, rowBytes);
    }
    for (let j = 0; j < co; j += 4) {
      const to = dw + (<usize>(i * co + j) << 2);
      finishTaps(rows + (<usize>j << 2), step, to, tap, co - j, tile);
    }
  }
}

/** The nine taps of four columns, of which `lanes` are stored: `from` and `to` have 36 and 9 planes. */
function finishTaps(
  from: usize,
  plane: usize,
  to: usize,
  tap: usize,
  lanes: i32,
  tile: usize,
): void {
  for (let column: usize = 0; column < 6; column++) {
    storeTaps(
      tile + (column << 4),
      96,
      v128.load(from),
      v128.load(from + 6 * plane),
      v128.load(from + 12 * plane),
      v128.load(from + 18 * plane),
      v128.load(from + 24 * plane),
      v128.load(from + 30 * plane),
    );
    from += plane;
  }
  // A row's taps replace its first three vectors.
  for (let row = 0; row < 3; row++) {
    storeTaps(
      tile,
      16,
      v128.load(tile),
      v128.load(tile, 16),
      v128.load(tile, 32),
      v128.load(tile, 48),
      v128.load(tile, 64),
      v128.load(tile, 80),
    );
    storeLanes(to, v128.load(tile), lanes);
    storeLanes(to + tap, v128.load(tile, 16), lanes);
    storeLanes(to + 2 * tap, v128.load(tile, 32), lanes);
    tile += 96;
    to += 3 * tap;
  }
}
