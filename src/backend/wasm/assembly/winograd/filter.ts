/**
 * The filter's gradient by the transposed Winograd algorithm: `dg = Gᵀ [(Bᵀ d B) ⊙ (A dY Aᵀ)] G`, summed over all
 * tiles before the last transform. Tiles are taken in groups of examples, whose sums are added in the groups' order,
 * whatever runs in parallel.
 */
import { loadGradient } from "./gradient_tiles";
import { SLICE } from "../elementwise";
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
  const x = pointer(args, 0), dy = pointer(args, 1);
  const tiles = (end - start) * tilesOf(h, w), first = slice * tilesPerSlice;
  const last = min(tiles, first + tilesPerSlice);
  memory.fill(scratch, 0, zeroBytes(ci));
  transform(x, dy, h, w, ci, co, start, tiles, first, last, pointer(args, 2), pointer(args, 3), scratch);
}

/** 4×4 tiles of an example. */
// @ts-ignore: decorator
@inline
function tilesOf(h: i32, w: i32): i32 {
  return ((h + 3) >> 2) * ((w + 3) >> 2);
}

/** Transforms the tiles from `first` to `last` of the `tiles` that begin with example `start`. */
function transform(
  x: usize, dy: usize, h: i32, w: i32, ci: i32, co: i32,
  start: i32, tiles: i32, first: i32, last: i32, v: usize, m: usize, zeros: usize,
): void {
  const vPlane = planeBytes(tiles, inWidth(ci)), mPlane = planeBytes(tiles, outWidth(co));
  const step = <usize>tiles << 4;
  for (let t = first; t < last; t++) {
    const index = start * tilesOf(h, w) + t, to = v + (<usize>t << 4);
    loadTiles(x, h, w, ci, index, 1, to, vPlane, 16, step, zeros);
    loadGradient(dy, h, w, co, index, m + (<usize>t << 5), mPlane, 2 * step);
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
  const first = slice % cuts * ciPerSlice, last = min(ci, first + ciPerSlice);
  const v = pointer(args, 0), m = pointer(args, 1), du = pointer(args, 2);
  multiply(v, m, du, slice / cuts, tiles, ci, co, first, last, accumulate);
}

/** The products in plane `xi` of the channels from `first` to `last`. */
function multiply(
  v: usize, m: usize, du: usize, xi: i32, tiles: i32, ci: i32, co: i32,
  first: i32, last: i32, accumulate: bool,
): void {
  const columns = outWidth(co), stride = <usize>columns << 2;
  v += xi * planeBytes(tiles, inWidth(ci));
  m += xi * planeBytes(tiles, columns);
  du += <usize>(xi * ci) * stride;
  for (let i = first; i < last; i += ROWS) {
    const a = v + (<usize>(i * tiles) << 2), rows = min(ROWS, last - i), to = du + i * stride;
    for (let j = 0; j < columns; j += 8) {
      const b = m + (<usize>(j * tiles) << 2);
      outer4x8(a, b, tiles, to + (<usize>j << 2), stride, rows, accumulate);
    }
  }
}

/**
 * Both of the above for a whole group of examples, the `slice`-th from example `first` on: its transformed tiles stay in
 * the caches of the thread that wrote them. sums[slice][ξ][ci][co rounded up to 8].
 *
 * Words: x, dy, sums, n, h, w, ci, co, first, examples. Slices: as many groups of `examples` as begin before n.
 */
export function winogradFilterGroup(args: usize, slice: i32, scratch: usize): void {
  const h = word(args, 4), w = word(args, 5), ci = word(args, 6), co = word(args, 7);
  const examples = word(args, 9), start = word(args, 8) + slice * examples;
  const tiles = (min(word(args, 3), start + examples) - start) * tilesOf(h, w);
  const v = scratch + ((zeroBytes(ci) + 63) & ~63), m = v + 36 * planeBytes(tiles, inWidth(ci));
  memory.fill(scratch, 0, zeroBytes(ci));
  transform(pointer(args, 0), pointer(args, 1), h, w, ci, co, start, tiles, 0, tiles, v, m, scratch);
  const to = pointer(args, 2) + (<usize>(slice * 36 * ci * outWidth(co)) << 2);
  for (let xi = 0; xi < 36; xi++) multiply(v, m, to, xi, tiles, ci, co, 0, ci, false);
}

/**
 * du[i] (+)= Σ_g sums[g][i], g ascending. Words: sums, du, size, groups, accumulate; size is a multiple of four.
 * Slices: ⌈size/16384⌉.
 */
export function winogradFilterSum(args: usize, slice: i32, _scratch: usize): void {
  const size = word(args, 2), groups = word(args, 3), first = slice * SLICE;
  const bytes = <usize>min(SLICE, size - first) << 2, offset = <usize>first << 2;
  const du = pointer(args, 1) + offset;
  let from = pointer(args, 0) + offset;
  for (let group = 0; group < groups; group++, from += <usize>size << 2) {
    if (group == 0 && word(args, 4) == 0) memory.copy(du, from, bytes);
    else addTo(du, from, bytes);
  }
}

/** Adds `bytes` of float32 at `from` to those at `to`, in whole vectors. */
function addTo(to: usize, from: usize, bytes: usize): void {
  for (const end = to + bytes; to < end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
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
