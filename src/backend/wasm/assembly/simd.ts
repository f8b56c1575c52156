/** Arithmetic on four float32 lanes, in the form that the build asks for. */

/**
 * `a · b + c` per lane. Relaxed builds leave rounding to the processor (fused where it can, which is twice as fast);
 * strict builds round the product, so that every machine gets the same bits.
 */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** `c − a · b` per lane, rounded as {@link fma} is. */
// @ts-ignore: decorator
@inline
export function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** Lane `lane` (a constant) of `value` in all four lanes. */
// @ts-ignore: decorator
@inline
export function splatLane(value: v128, lane: u8): v128 {
  if (lane == 0) return v128.shuffle<f32>(value, value, 0, 0, 0, 0);
  if (lane == 1) return v128.shuffle<f32>(value, value, 1, 1, 1, 1);
  if (lane == 2) return v128.shuffle<f32>(value, value, 2, 2, 2, 2);
  return v128.shuffle<f32>(value, value, 3, 3, 3, 3);
}

/** Stores the first `lanes` (1–4) of `value`. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, value: v128, lanes: i32): void {
  if (lanes >= 4) {
    v128.store(to, value);
    return;
  }
  v128.store32_lane(to, value, 0);
  if (lanes > 1) v128.store32_lane(to, value, 1, 4);
  if (lanes > 2) v128.store32_lane(to, value, 2, 8);
}
