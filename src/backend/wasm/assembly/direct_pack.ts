/** The filters of direct convolutions in the order in which their matrix products read them. */
import { pointer, word } from "./words";

/**
 * A filter `w`, `[kernel][kernel][ci][co]`, as panels of eight columns, `[panel][kernel²][K][8]`; the last panel is
 * four wide where that is enough, and zero beyond its columns. The forward filter (`transposed` 0) has K = ci and
 * columns co; the input gradient's (1) has K = co and columns ci. Words: w, u, kernel, ci, co, transposed,
 * panelsPerSlice. Slices: ⌈panels/panelsPerSlice⌉.
 */
export function directPack(args: usize, slice: i32, _scratch: usize): void {
  const w = pointer(args, 0), u = pointer(args, 1);
  const kernel = word(args, 2), ci = word(args, 3), co = word(args, 4);
  const transposed = word(args, 5), panelsPerSlice = word(args, 6);
  const depth = transposed ? co : ci, columns = transposed ? ci : co;
  const rowStride = transposed ? 4 : <usize>co << 2, columnStride = transposed ? <usize>co << 2 : 4;
  const first = slice * panelsPerSlice;
  const last = min(first + panelsPerSlice, (columns + 7) >> 3);
  const taps = kernel * kernel;
  for (let panel = first; panel < last; panel++) {
    const column = panel * 8, lanes = min(8, columns - column);
    const width: usize = lanes > 4 ? 32 : 16;
    let to = u + (<usize>(taps * depth * column) << 2);
    for (let tap = 0; tap < taps; tap++) {
      let from = w + (<usize>(tap * ci * co) << 2) + <usize>column * columnStride;
      for (let k = 0; k < depth; k++, from += rowStride, to += width) {
        packRow(to, width, from, columnStride, lanes);
      }
    }
  }
}

/** One row of a panel: `lanes` values `stride` bytes apart, and zeros up to `width` bytes. */
function packRow(to: usize, width: usize, from: usize, stride: usize, lanes: i32): void {
  for (let lane = 0; lane < lanes; lane++, from += stride) {
    store<f32>(to + (<usize>lane << 2), load<f32>(from));
  }
  for (let at = <usize>lanes << 2; at < width; at += 4) store<f32>(to + at, 0);
}
