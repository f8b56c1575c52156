/**
 * Sums over all rows of `x` `[n][rows][c]`, per channel and in float64: pairs of them, since batch norm needs two at a
 * time. Every {@link EXAMPLES} examples have a partial pair of their own, `[2][c]`, so that the order of additions does
 * not depend on who computes what.
 */

/** Examples per partial sum. */
export const EXAMPLES: i32 = 8;
/** Channels that are summed in one pass over the rows: their sums fill half the processor's registers. */
export const CHANNELS: i32 = 8;
/** Rows per pass: few enough to stay in the first cache until the pass over their last channels. */
export const ROWS: i32 = 4;

/** Bytes of one of the two rows of sums of `c` channels in scratch, which has whole blocks of channels. */
// @ts-ignore: decorator
@inline
export function sumBytes(c: i32): usize {
  return <usize>((c + CHANNELS - 1) / CHANNELS * CHANNELS) << 3;
}

/** Rows of the examples that partial sum `slice` of `n` covers. */
// @ts-ignore: decorator
@inline
export function rowsOf(slice: i32, n: i32, rows: i32): i32 {
  return min(EXAMPLES, n - slice * EXAMPLES) * rows;
}

/** Moves the pair of sums at `sums` to entry `slice` of `partials`, without what pads it. */
export function storePartial(partials: usize, slice: i32, sums: usize, c: i32): void {
  const bytes = <usize>c << 3;
  const to = partials + <usize>slice * 2 * bytes;
  memory.copy(to, sums, bytes);
  memory.copy(to + bytes, sums + sumBytes(c), bytes);
}

/** Sum `which` (0 or 1) of channel `j` over all `slices` of `partials`, in their order. */
export function total(partials: usize, slices: i32, which: i32, j: i32, c: i32): f64 {
  const step = <usize>c << 4;
  let at = partials + (<usize>(which * c + j) << 3), sum: f64 = 0;
  for (let slice = 0; slice < slices; slice++, at += step) sum += load<f64>(at);
  return sum;
}

/** The first two lanes of `value` in float64. */
// @ts-ignore: decorator
@inline
export function low(value: v128): v128 {
  return f64x2.promote_low_f32x4(value);
}

/** The last two lanes of `value` in float64. */
// @ts-ignore: decorator
@inline
export function high(value: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(value, value, 1, 1));
}
