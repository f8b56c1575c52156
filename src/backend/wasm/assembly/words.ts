/**
 * A kernel's arguments are 32-bit words in memory, written by `phases.ts`: every kernel then has the same signature,
 * `(args, slice, scratch)`, and a thread can run any of them.
 */

/** Argument `k` as an integer. */
// @ts-ignore: decorator
@inline
export function word(args: usize, k: i32): i32 {
  return load<i32>(args + (<usize>k << 2));
}

/** Argument `k` as an address; 0 where there is none. */
// @ts-ignore: decorator
@inline
export function pointer(args: usize, k: i32): usize {
  return <usize>load<u32>(args + (<usize>k << 2));
}

/** Argument `k` as a float32. */
// @ts-ignore: decorator
@inline
export function real(args: usize, k: i32): f32 {
  return load<f32>(args + (<usize>k << 2));
}
