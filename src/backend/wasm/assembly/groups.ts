/**
 * Slices of a batch of several groups of examples, one after another, each with statistics of its own: every group is
 * cut by itself, so that a slice is of one group and its examples are those that it had if there were no other group.
 */
import { word } from "./words";

/** The group of the slice that was found last. */
export let group: i32 = 0;
/** Its examples: from `first` to before `last`, counted over all groups. */
export let first: i32 = 0;
export let last: i32 = 0;

/** Slices of `examples` examples that `n` examples are. */
// @ts-ignore: decorator
@inline
export function slicesOf(n: i32, examples: i32): i32 {
  return (n + examples - 1) / examples;
}

/** Finds the group and the examples of `slice`; the groups' numbers of examples are the words from `at`. */
export function findSlice(args: usize, at: i32, examples: i32, slice: i32): void {
  let start = 0;
  for (group = 0; ; group++) {
    const n = word(args, at + group), slices = slicesOf(n, examples);
    if (slice < slices) {
      first = start + slice * examples;
      last = min(start + n, first + examples);
      return;
    }
    slice -= slices;
    start += n;
  }
}
