/** The filters of direct convolutions in the order in which their matrix products read them. */
import { pointer, word } from "../words";

/**
 * A 1×1 filter `w`, `[ci][co]`, as panels of eight columns, `[panel][K][8]`, the last one zero beyond its columns. The
 * forward filter (`transposed` 0) has K = ci and columns co; the input gradient's (1) has K = co and columns ci. Words:
 * w, u, ci, co, transposed, panelsPerSlice. Slices: ⌈panels/panelsPerSlice⌉.
 */
export function directPack(args: usize, slice: i32, _scratch: usize): void {
  const w = pointer(args, 0), u = pointer(args, 1), ci = word(args, 2), co = word(args, 3);
  const transposed = word(args, 4), panelsPerSlice = word(args, 5);
  const depth = transposed ? co : ci, columns = transposed ? ci : co;
  const rowStride = transposed ? 4 : <usize>co << 2, columnStride = transposed ? <usize>co << 2 : 4;
  const first = slice * panelsPerSlice;
  const last = min(first + panelsPerSlice, (columns + 7) >> 3);
  let to = u + (<usize>(first * depth) << 5);
  for (let panel = first; panel < last; panel++) {
    const column = panel << 3, lanes = min(8, columns - column);
    let from = w + <usize>column * columnStride;
    for (let k = 0; k < depth; k++, from += rowStride, to += 32) {
      packRow(to, from, columnStride, lanes);
    }
  }
}

/** One row of a panel: `lanes` values `stride` bytes apart, and zeros up to eight. */
function packRow(to: usize, from: usize, stride: usize, lanes: i32): void {
  for (let lane = 0; lane < lanes; lane++, from += stride) {
    store<f32>(to + (<usize>lane << 2), load<f32>(from));
  }
  for (let lane = lanes; lane < 8; lane++) store<f32>(to + (<usize>lane << 2), 0);
}
