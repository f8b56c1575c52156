/**
 * The parts of a JPEG file (ITU-T T.81): its frame, and what the scans of it need.
 *
 * @module
 */
import { checkSize } from "../bitmap.ts";
import { HuffmanTable } from "./huffman.ts";

/** One colour of the image: its blocks of 8×8 coefficients. */
export interface Component {
  /** The file's number for it. */
  readonly id: number;
  /** Samples in a group across and down, 1 to 4. */
  readonly across: number;
  /** As `across`. */
  readonly down: number;
  /** Which of the quantisation tables. */
  readonly table: number;
  /** Samples that belong to the image. */
  readonly width: number;
  /** As `width`. */
  readonly height: number;
  /** Blocks of a row, those included that only fill up a group. */
  readonly blocksAcross: number;
  /** As `blocksAcross`. */
  readonly blocksDown: number;
  /** Of all blocks, row by row; 64 each, in rows. */
  readonly coefficients: Int16Array;
}

/** What the image is made of. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** The most samples in a group across and down. */
  readonly groupAcross: number;
  /** As `groupAcross`. */
  readonly groupDown: number;
  readonly components: readonly Component[];
}

/** Place in its rows of the coefficient at each place of the zigzag. */
export const ZIGZAG: Uint8Array = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5],
  ...[12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28],
  ...[35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51],
  ...[58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

/** What a frame's segment says, with room for its coefficients. Throws a `TypeError` where it says what cannot be. */
export function readFrame(data: Uint8Array, progressive: boolean): Frame {
  const [precision = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = data;
  if (precision !== 8) throw new TypeError(`it has ${precision} bits a sample: only 8 can be read`);
  const height = h1 << 8 | h0, width = w1 << 8 | w0;
  checkSize(width, height);
  if (![1, 3, 4].includes(count) || data.length < 6 + 3 * count) {
    throw new TypeError(`it has ${count} colours: 1, 3 or 4 can be read`);
  }
  const said = Array.from({ length: count }, (_, i) => {
    const [id, sampling, table] = data.subarray(6 + 3 * i) as unknown as [number, number, number];
    return { id, across: sampling >> 4, down: sampling & 15, table };
  });
  for (const { across, down } of said) {
    if (across < 1 || across > 4 || down < 1 || down > 4) {
      throw new TypeError("its sampling is wrong");
    }
  }
  const groupAcross = Math.max(...said.map(({ across }) => across));
  const groupDown = Math.max(...said.map(({ down }) => down));
  const groups = {
    across: Math.ceil(width / (8 * groupAcross)),
    down: Math.ceil(height / (8 * groupDown)),
  };
  const components = said.map((each): Component => {
    const blocksAcross = groups.across * each.across, blocksDown = groups.down * each.down;
    return {
      ...each,
      width: Math.ceil(width * each.across / groupAcross),
      height: Math.ceil(height * each.down / groupDown),
      blocksAcross,
      blocksDown,
      coefficients: new Int16Array(64 * blocksAcross * blocksDown),
    };
  });
  return { width, height, progressive, groupAcross, groupDown, components };
}

/** Adds the quantisation tables of a segment to `tables`, each in rows. */
export function readQuantisation(data: Uint8Array, tables: Map<number, Int32Array>): void {
  for (let at = 0; at < data.length;) {
    const head = data[at++]!, wide = head >> 4 !== 0, table = new Int32Array(64);
    if (at + (wide ? 128 : 64) > data.length) {
      throw new TypeError("a quantisation table is cut off");
    }
    for (let i = 0; i < 64; i++, at += wide ? 2 : 1) {
      table[ZIGZAG[i]!] = wide ? data[at]! << 8 | data[at + 1]! : data[at]!;
    }
    tables.set(head & 15, table);
  }
}

/** Adds the Huffman tables of a segment to `tables`, by class · 16 + number. */
export function readHuffman(data: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at < data.length;) {
    const head = data[at++]!, counts = data.subarray(at, at + 16);
    const total = counts.reduce((sum, count) => sum + count, 0);
    at += 16;
    if (at + total > data.length) throw new TypeError("a Huffman table is cut off");
    tables.set(head, new HuffmanTable(counts, data.subarray(at, at + total)));
    at += total;
  }
}
