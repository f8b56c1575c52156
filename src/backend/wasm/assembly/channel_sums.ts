/**
 * Sums over the rows of `[n][rows][c]` per channel, in float64. Batch norm needs two at a time; every {@link EXAMPLES}
 * examples of a group have such a pair, `[2][c]`, of their own, so that the order of additions is the same however the
 * work is shared out.
 */

/** Examples per partial sum. */
export const EXAMPLES: i32 = 8;
/** Channels that are summed in one pass: their sums fill half the processor's registers. */
export const CHANNELS: i32 = 8;
/** Rows per pass: with more of them, the processor no longer sees that memory is read in sequence. */
export const ROWS: i32 = 4;

/** Bytes of one sum of `c` channels in scratch, padded to whole passes. */
// @ts-ignore: decorator
@inline
export function sumBytes(c: i32): usize {
  return <usize>((c + CHANNELS - 1) / CHANNELS * CHANNELS) << 3;
}

/** Copies the pair at `sums` to entry `slice` of `partials`, without its padding. */
export function storePartial(partials: usize, slice: i32, sums: usize, c: i32): void {
  const bytes = <usize>c << 3;
  const to = partials + <usize>slice * 2 * bytes;
  memory.copy(to, sums, bytes);
  memory.copy(to + bytes, sums + sumBytes(c), bytes);
}

/** Sum `which` (0 or 1 of the pair) of channel `j` over `slices` entries at `partials`, in their order. */
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
