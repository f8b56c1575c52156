/**
 * The rows of a PNG image: filters, interlacing, and samples of 1 to 16 bits.
 *
 * @module
 */

/** What the header of a PNG file says. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** The format's number for it. */
  readonly colourType: number;
  /** Samples of a pixel. */
  readonly samples: number;
  /** Whether there are seven passes (Adam7). */
  readonly interlaced: boolean;
}

/** The format's colour types: which depths they can have, samples of a pixel. */
export const COLOUR_TYPES: Readonly<
  Record<number, { readonly depths: readonly number[]; readonly samples: number }>
> = {
  0: { depths: [1, 2, 4, 8, 16], samples: 1 },
  2: { depths: [8, 16], samples: 3 },
  3: { depths: [1, 2, 4, 8], samples: 1 },
  4: { depths: [8, 16], samples: 2 },
  6: { depths: [8, 16], samples: 4 },
};
const PALETTE = 3;

/** Which pixels a pass has: from a first one on, every so many. */
interface Pass {
  readonly top: number;
  readonly left: number;
  readonly down: number;
  readonly right: number;
}

const WHOLE: readonly Pass[] = [{ top: 0, left: 0, down: 1, right: 1 }];
const ADAM7: readonly Pass[] = [
  { top: 0, left: 0, down: 8, right: 8 },
  { top: 0, left: 4, down: 8, right: 8 },
  { top: 4, left: 0, down: 8, right: 4 },
  { top: 0, left: 2, down: 4, right: 4 },
  { top: 2, left: 0, down: 4, right: 2 },
  { top: 0, left: 1, down: 2, right: 2 },
  { top: 1, left: 0, down: 2, right: 1 },
];

/** The passes that have pixels, with the numbers of their rows and columns and the bytes of a row without its filter. */
function passesOf(header: PngHeader) {
  const { width, height, depth, samples, interlaced } = header;
  return (interlaced ? ADAM7 : WHOLE).map((pass) => {
    const columns = Math.ceil((width - pass.left) / pass.right);
    const rows = Math.ceil((height - pass.top) / pass.down);
    return { pass, columns, rows, stride: Math.ceil(columns * samples * depth / 8) };
  }).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of all rows with their filters. */
export function rawBytes(header: PngHeader): number {
  return passesOf(header).reduce((sum, { rows, stride }) => sum + rows * (1 + stride), 0);
}

/**
 * The upper eight bits of every sample, or all where there are fewer, pixel by pixel from the top left.
 *
 * @throws {TypeError} if a row has a filter that there is not
 */
export function unfilter(raw: Uint8Array, header: PngHeader): Uint8Array<ArrayBuffer> {
  const { width, height, samples, depth } = header;
  const out = new Uint8Array(width * height * samples);
  const step = Math.max(1, samples * depth / 8);
  let at = 0;
  for (const { pass: { top, left, down, right }, columns, rows, stride } of passesOf(header)) {
    let above = new Uint8Array(stride);
    for (let row = 0; row < rows; row++, at += 1 + stride) {
      const line = raw.subarray(at + 1, at + 1 + stride);
      reverse(raw[at]!, line, above, step);
      const to = ((top + row * down) * width + left) * samples;
      takeSamples(line, out, to, { columns, samples, depth, right });
      above = line as Uint8Array<ArrayBuffer>;
    }
  }
  return out;
}

/** Undoes the filter of a row in place. */
function reverse(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  const { length } = line;
  if (filter === 1) {
    for (let i = step; i < length; i++) line[i]! += line[i - step]!;
  } else if (filter === 2) {
    for (let i = 0; i < length; i++) line[i]! += above[i]!;
  } else if (filter === 3) {
    for (let i = 0; i < length; i++) {
      line[i]! += ((i < step ? 0 : line[i - step]!) + above[i]!) >> 1;
    }
  } else if (filter === 4) {
    for (let i = 0; i < length; i++) {
      line[i]! += i < step ? above[i]! : paeth(line[i - step]!, above[i]!, above[i - step]!);
    }
  } else if (filter !== 0) throw new TypeError(`a row of it has filter ${filter}`);
}

/** The neighbour that is nearest to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner), toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function takeSamples(
  line: Uint8Array,
  out: Uint8Array,
  to: number,
  { columns, samples, depth, right }: {
    readonly columns: number;
    readonly samples: number;
    readonly depth: number;
    readonly right: number;
  },
): void {
  if (depth < 8) {
    const mask = (1 << depth) - 1;
    for (let column = 0, bit = 8 - depth; column < columns; column++, bit -= depth) {
      out[to + column * right] = line[column * depth >> 3]! >> (bit & 7) & mask;
    }
    return;
  }
  const bytes = depth / 8;
  for (let column = 0, from = 0; column < columns; column++, to += right * samples) {
    for (let sample = 0; sample < samples; sample++, from += bytes) out[to + sample] = line[from]!;
  }
}

/**
 * Samples as red, green and blue.
 *
 * @throws {TypeError} if a pixel names a colour that the palette does not have
 */
export function toRgb(
  values: Uint8Array<ArrayBuffer>,
  { colourType, samples, depth }: PngHeader,
  palette: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  if (samples === 3) return values;
  const pixels = values.length / samples, rgb = new Uint8Array(3 * pixels);
  if (samples === 4) {
    for (let from = 0, to = 0; to < rgb.length; from += 4) {
      for (let colour = 0; colour < 3; colour++) rgb[to++] = values[from + colour]!;
    }
    return rgb;
  }
  if (colourType === PALETTE) {
    const colours = palette!.length / 3;
    for (let pixel = 0, to = 0; pixel < pixels; pixel++) {
      const colour = values[pixel]!;
      if (colour >= colours) {
        throw new TypeError(`a pixel of it has colour ${colour} of ${colours}`);
      }
      for (let part = 0; part < 3; part++) rgb[to++] = palette![3 * colour + part]!;
    }
    return rgb;
  }
  const scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
  for (let pixel = 0; pixel < pixels; pixel++) {
    rgb.fill(scale * values[pixel * samples]!, 3 * pixel, 3 * pixel + 3);
  }
  return rgb;
}
