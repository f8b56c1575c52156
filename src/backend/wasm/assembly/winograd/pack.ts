/** Filters as the Winograd kernels read them. */
import { fma } from "../simd";
import { pointer, word } from "../words";

/**
 * `U = G g Gᵀ` of a 3×3 filter, in panels of 8 output columns, the last one 8 or 4 wide: u[panel][36][K][columns].
 *
 * Words: w (HWIO [3][3][ci][co]), u, ci, co, transposed, panelsPerSlice, stride. With stride 2, `G` is that of the
 * polyphase algorithm: five points of the outer taps, then the middle one. Not transposed, K = ci and the columns are co;
 * transposed, the filter of the input's gradient, K = co, the columns are ci, and the taps are turned by 180°.
 * Slices: ⌈panels/panelsPerSlice⌉.
 */
export function winogradPack(args: usize, slice: i32, scratch: usize): void {
  const w = pointer(args, 0), u = pointer(args, 1), ci = word(args, 2), co = word(args, 3);
  const transposed = word(args, 4), panelsPerSlice = word(args, 5), stride = word(args, 6);
  const k = transposed ? co : ci, n = transposed ? ci : co;
  const panels = (n + 7) >> 3;
  const last = min(panels, (slice + 1) * panelsPerSlice);
  for (let panel = slice * panelsPerSlice; panel < last; panel++) {
    const columns = min(8, (n - (panel << 3) + 3) & ~3);
    const to = u + (<usize>(panel * 36 * k) << 5);
    const plane = <usize>(k * columns) << 2;
    for (let row = 0; row < k; row++) {
      for (let j = 0; j < columns; j += 4) {
        gather(w, ci, co, row, (panel << 3) + j, transposed, scratch);
        transformFilter(scratch, to + (<usize>(row * columns + j) << 2), plane, stride);
      }
    }
  }
}

/** The nine taps of four columns, zeros beyond the last, as vectors at `to`. */
function gather(
  w: usize,
  ci: i32,
  co: i32,
  row: i32,
  column: i32,
  transposed: i32,
  to: usize,
): void {
  const lanes = min(4, (transposed ? ci : co) - column);
  const tap = <usize>(ci * co) << 2;
  const from = w + (<usize>(transposed ? column * co + row : row * co + column) << 2);
  const step: usize = transposed ? <usize>co << 2 : 4;
  for (let i = 0; i < 9; i++) {
    const source = from + (transposed ? 8 - i : i) * tap;
    const target = to + (<usize>i << 4);
    v128.store(target, f32x4.splat(0));
    for (let lane = 0; lane < lanes; lane++) {
      store<f32>(target + (<usize>lane << 2), load<f32>(source + lane * step));
    }
  }
}

/** Stores `G` times the three vectors, `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeFilter(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const sixth = f32x4.splat(-1 / 6.0);
  const sum = f32x4.add(g0, g2);
  // (g0 + 4 g2)/24 ± g1/12
  const far = f32x4.mul(fma(f32x4.splat(4), g2, g0), f32x4.splat(1 / 24.0));
  const farOdd = f32x4.mul(g1, f32x4.splat(1 / 12.0));
  v128.store(to, f32x4.mul(g0, f32x4.splat(0.25)));
  v128.store(to + step, f32x4.mul(f32x4.add(sum, g1), sixth));
  v128.store(to + 2 * step, f32x4.mul(f32x4.sub(sum, g1), sixth));
  v128.store(to + 3 * step, f32x4.add(far, farOdd));
  v128.store(to + 4 * step, f32x4.sub(far, farOdd));
  v128.store(to + 5 * step, g2);
}

/** Stores the polyphase `G` times the three vectors: F(4,2) on the outer two, then the middle one. */
// @ts-ignore: decorator
@inline
function storePhases(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const half = f32x4.splat(0.5), sixth = f32x4.splat(1 / 6.0);
  v128.store(to, f32x4.mul(g0, half));
  v128.store(to + step, f32x4.mul(f32x4.add(g0, g2), f32x4.splat(-0.5)));
  v128.store(to + 2 * step, f32x4.mul(f32x4.sub(g2, g0), sixth));
  v128.store(to + 3 * step, f32x4.mul(fma(f32x4.splat(2), g2, g0), sixth));
  v128.store(to + 4 * step, g2);
  v128.store(to + 5 * step, g1);
}

/** Stores the six values that stand for three taps of either stride. */
// @ts-ignore: decorator
@inline
function storeTaps(to: usize, step: usize, g0: v128, g1: v128, g2: v128, stride: i32): void {
  if (stride == 2) storePhases(to, step, g0, g1, g2);
  else storeFilter(to, step, g0, g1, g2);
}

/** The 36 values of the 3×3 vectors at `taps`, whose next 18 vectors are scratch. */
function transformFilter(taps: usize, to: usize, plane: usize, stride: i32): void {
  const half = taps + 9 * 16;
  for (let column: usize = 0; column < 3; column++) {
    const from = taps + (column << 4);
    const to = half + (column << 4);
    storeTaps(to, 48, v128.load(from), v128.load(from, 48), v128.load(from, 96), stride);
  }
  for (let row: usize = 0; row < 6; row++) {
    const from = half + 48 * row;
    const target = to + 6 * row * plane;
    storeTaps(target, plane, v128.load(from), v128.load(from, 16), v128.load(from, 32), stride);
  }
}
