/**
 * Where the rows of a convolution's matrix lie in memory. A convolution is a matrix product whose left side has one
 * row per output pixel and tap; that row is a pixel of the input, so a table of addresses stands for the matrix.
 */

/**
 * Writes entries `first` to `last − 1` of a grid `[n][gridHeight][gridWidth]` to `table`: for grid point `(i, a, b)`
 * the address of pixel `(i, a·step + top, b·step + left)` of `base`, images `[n][height][width]` with `pixelBytes` per
 * pixel, or `outside` where the image has no such pixel.
 */
export function fillRows(
  table: usize, first: i32, last: i32, gridHeight: i32, gridWidth: i32,
  base: usize, height: i32, width: i32, pixelBytes: usize,
  step: i32, top: i32, left: i32, outside: usize,
): void {
  const row = first / gridWidth;
  let b = first - row * gridWidth, a = row % gridHeight, i = row / gridHeight;
  while (first < last) {
    const length = min(gridWidth - b, last - first);
    const y = a * step + top, x = b * step + left;
    const origin = base + <usize>((i * height + y) * width) * pixelBytes;
    const columns = <u32>y < <u32>height ? width : 0;
    fillRun(table, length, origin, columns, pixelBytes, step, x, outside);
    table += <usize>length << 2;
    first += length;
    b = 0;
    if (++a == gridHeight) {
      a = 0;
      i++;
    }
  }
}

/** {@link fillRows} within one image row of `columns` pixels at `origin`, from column `x` on. */
function fillRun(
  table: usize, length: i32, origin: usize, columns: i32, pixelBytes: usize,
  step: i32, x: i32, outside: usize,
): void {
  const end = table + (<usize>length << 2);
  for (; table < end; table += 4, x += step) {
    const inside = <u32>x < <u32>columns;
    store<u32>(table, <u32>select(origin + <usize>x * pixelBytes, outside, inside));
  }
}
