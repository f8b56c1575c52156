/**
 * The matrix product under the direct convolutions: blocks of four output pixels by a panel of eight (or four) output
 * channels, whose left side is read through tables of addresses (`direct_rows.ts`).
 */
import { ROWS, TABLE } from "./direct_rows";
import { fma, splatLane, storeLanes } from "./simd";

/** Rows of a block. */
const BLOCK: i32 = 4;
/** Bytes of one block's sums, `[4][8]`. */
const TILE: usize = 128;

/** Most taps of a filter. */
const TAPS: usize = 9;
/** In scratch: a block's sums; the taps in use; each output pixel's offset; each tap's input pixels; a pixel of zeros. */
const TAP_LIST: usize = TILE;
const OFFSETS: usize = TILE + 64;
const INPUTS: usize = OFFSETS + TABLE;
const ZEROS: usize = INPUTS + TAPS * TABLE;

/** The table of every output pixel's offset in bytes, which epilogues add to the addresses of their tensors. */
// @ts-ignore: decorator
@inline
export function offsetTable(scratch: usize): usize {
  return scratch + OFFSETS;
}

/** The table of the `i`-th tap in use: the input pixel that it reads for every output pixel. */
// @ts-ignore: decorator
@inline
export function inputTable(scratch: usize, i: i32): usize {
  return scratch + INPUTS + <usize>i * TABLE;
}

/** Says that the `i`-th tap in use is the filter's tap `tap`. */
// @ts-ignore: decorator
@inline
export function useTap(scratch: usize, i: i32, tap: i32): void {
  store<i32>(scratch + TAP_LIST + (<usize>i << 2), tap);
}

/** What stands for pixels outside the image; call {@link clearZeros} first. */
// @ts-ignore: decorator
@inline
export function zeros(scratch: usize): usize {
  return scratch + ZEROS;
}

/** Makes the pixel of zeros `depth` channels long. */
export function clearZeros(scratch: usize, depth: i32): void {
  memory.fill(scratch + ZEROS, 0, <usize>depth << 2);
}

/** Lets the tables of the first `taps` taps end in whole blocks. */
export function completeBlocks(scratch: usize, rows: i32, taps: i32): void {
  for (let i = 0; i < taps; i++) {
    for (let row = rows; row % BLOCK != 0; row++) {
      store<u32>(inputTable(scratch, i) + (<usize>row << 2), <u32>zeros(scratch));
    }
  }
}

/**
 * `y = epilogue(left side · u)` for the pixels and taps in the tables and panels `firstPanel` to `lastPanel − 1` of
 * `columns` output channels; `u` is packed with `packedTaps` taps of `depth` rows. The epilogue adds `bias`, adds
 * `add`, takes `relu`, and keeps what lies where `mask` is positive, each unless 0.
 */
export function multiply(
  scratch: usize, rows: i32, taps: i32, u: usize, packedTaps: i32, depth: i32,
  columns: i32, firstPanel: i32, lastPanel: i32,
  y: usize, bias: usize, add: usize, mask: usize, relu: i32,
): void {
  for (let panel = firstPanel; panel < lastPanel; panel++) {
    const column = panel * 8, lanes = min(8, columns - column);
    const filter = u + (<usize>(packedTaps * depth * column) << 2);
    const shift = <usize>column << 2;
    for (let row = 0; row < rows; row += BLOCK) {
      const inputs = inputTable(scratch, 0) + (<usize>row << 2);
      if (lanes > 4) multiplyBlock(scratch, inputs, taps, filter, depth);
      else multiplyNarrowBlock(scratch, inputs, taps, filter, depth);
      finishBlock(
        scratch, min(BLOCK, rows - row), lanes, offsetTable(scratch) + (<usize>row << 2), shift,
        y, bias, add, mask, relu,
      );
    }
  }
}

/** Sums of four pixels, whose table entries begin at `inputs`, by a panel of eight columns, to scratch. */
function multiplyBlock(
  scratch: usize, inputs: usize, taps: i32, filter: usize, depth: i32,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero;
  let c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (let i = 0; i < taps; i++, inputs += TABLE) {
    const tap = load<i32>(scratch + (<usize>i << 2), TAP_LIST);
    let b = filter + (<usize>(tap * depth) << 5);
    let a0 = <usize>load<u32>(inputs), a1 = <usize>load<u32>(inputs, 4);
    let a2 = <usize>load<u32>(inputs, 8), a3 = <usize>load<u32>(inputs, 12);
    const whole = b + (<usize>(depth & ~3) << 5), end = b + (<usize>depth << 5);
    for (; b < whole; b += 128, a0 += 16, a1 += 16, a2 += 16, a3 += 16) {
      const r0 = v128.load(a0), r1 = v128.load(a1), r2 = v128.load(a2), r3 = v128.load(a3);
      let b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = splatLane(r0, 0);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = splatLane(r1, 0);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = splatLane(r2, 0);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = splatLane(r3, 0);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      b0 = v128.load(b, 32);
      b1 = v128.load(b, 48);
      s = splatLane(r0, 1);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = splatLane(r1, 1);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = splatLane(r2, 1);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = splatLane(r3, 1);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      b0 = v128.load(b, 64);
      b1 = v128.load(b, 80);
      s = splatLane(r0, 2);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = splatLane(r1, 2);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = splatLane(r2, 2);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = splatLane(r3, 2);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      b0 = v128.load(b, 96);
      b1 = v128.load(b, 112);
      s = splatLane(r0, 3);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = splatLane(r1, 3);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = splatLane(r2, 3);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = splatLane(r3, 3);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
    }
    for (; b < end; b += 32, a0 += 4, a1 += 4, a2 += 4, a3 += 4) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a0);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = v128.load32_splat(a1);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = v128.load32_splat(a2);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = v128.load32_splat(a3);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
    }
  }
  v128.store(scratch, c00);
  v128.store(scratch, c01, 16);
  v128.store(scratch, c10, 32);
  v128.store(scratch, c11, 48);
  v128.store(scratch, c20, 64);
  v128.store(scratch, c21, 80);
  v128.store(scratch, c30, 96);
  v128.store(scratch, c31, 112);
}

/** {@link multiplyBlock} for a panel of four columns; each row of the sums is half used. */
function multiplyNarrowBlock(
  scratch: usize, inputs: usize, taps: i32, filter: usize, depth: i32,
): void {
  const zero = f32x4.splat(0);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero;
  for (let i = 0; i < taps; i++, inputs += TABLE) {
    const tap = load<i32>(scratch + (<usize>i << 2), TAP_LIST);
    let b = filter + (<usize>(tap * depth) << 4);
    let a0 = <usize>load<u32>(inputs), a1 = <usize>load<u32>(inputs, 4);
    let a2 = <usize>load<u32>(inputs, 8), a3 = <usize>load<u32>(inputs, 12);
    const end = b + (<usize>depth << 4);
    for (; b < end; b += 16, a0 += 4, a1 += 4, a2 += 4, a3 += 4) {
      const b0 = v128.load(b);
      c0 = fma(v128.load32_splat(a0), b0, c0);
      c1 = fma(v128.load32_splat(a1), b0, c1);
      c2 = fma(v128.load32_splat(a2), b0, c2);
      c3 = fma(v128.load32_splat(a3), b0, c3);
    }
  }
  v128.store(scratch, c0);
  v128.store(scratch, c1, 32);
  v128.store(scratch, c2, 64);
  v128.store(scratch, c3, 96);
}

/** The epilogue of a block's sums in scratch: `rows` pixels by `lanes` columns, `shift` bytes into the pixel. */
function finishBlock(
  scratch: usize, rows: i32, lanes: i32, offsets: usize, shift: usize,
  y: usize, bias: usize, add: usize, mask: usize, relu: i32,
): void {
  const zero = f32x4.splat(0);
  for (let column = 0; column < lanes; column += 4, scratch += 16, shift += 16) {
    const constant = bias ? v128.load(bias + shift) : zero;
    for (let row = 0; row < rows; row++) {
      const at = <usize>load<u32>(offsets + (<usize>row << 2)) + shift;
      let value = f32x4.add(v128.load(scratch + (<usize>row << 5)), constant);
      if (add) value = f32x4.add(value, v128.load(add + at));
      if (relu) value = f32x4.pmax(value, zero);
      if (mask) value = v128.and(value, f32x4.gt(v128.load(mask + at), zero));
      storeLanes(y + at, value, lanes - column);
    }
  }
}
