/**
 * One scan of a JPEG image: all coefficients of some components, or in progressive images a few bits of a few of them.
 *
 * @module
 */
import { type Component, type Frame, ZIGZAG } from "./frame.ts";
import type { BitReader, HuffmanTable } from "./huffman.ts";

/** A component with its codes. */
export interface ScanComponent {
  readonly component: Component;
  /** For the first coefficient; absent where the scan has none of them. */
  readonly dc: HuffmanTable | undefined;
  /** For the others. */
  readonly ac: HuffmanTable | undefined;
}

/** What a scan has. */
export interface Scan {
  readonly components: readonly ScanComponent[];
  /** First and last coefficient in the zigzag. */
  readonly from: number;
  /** As `from`. */
  readonly to: number;
  /** Whether bits of these coefficients were in an earlier scan. */
  readonly refines: boolean;
  /** The lowest bit that it has. */
  readonly low: number;
  /** Groups between two restarts; 0 for none. */
  readonly restartEvery: number;
}

/** How many blocks a scan goes through, those included that only fill up a group. */
export function blocksOf({ components }: Scan): number {
  return components.reduce(
    (sum, { component: { blocksAcross, blocksDown } }) => sum + blocksAcross * blocksDown,
    0,
  );
}

/** Reads the coefficients of one block at `at`. */
type ReadBlock = (of: ScanComponent, coefficients: Int16Array, at: number, index: number) => void;

/** Reads a scan into the coefficients of its components. Throws a `TypeError` if it is damaged. */
export function readScan(frame: Frame, scan: Scan, bits: BitReader): void {
  const predictions = new Int32Array(scan.components.length);
  const state = { run: 0 };
  const read = frame.progressive
    ? progressive(scan, bits, predictions, state)
    : baseline(bits, predictions);
  let left = scan.restartEvery;
  const group = (visit: () => void) => {
    if (scan.restartEvery > 0 && left-- === 0) {
      bits.restart();
      predictions.fill(0);
      state.run = 0;
      left = scan.restartEvery - 1;
    }
    visit();
  };
  const [first] = scan.components;
  if (scan.components.length === 1) {
    const { component: { width, height, blocksAcross, coefficients } } = first!;
    for (let row = 0; row < Math.ceil(height / 8); row++) {
      for (let column = 0; column < Math.ceil(width / 8); column++) {
        group(() => read(first!, coefficients, 64 * (row * blocksAcross + column), 0));
      }
    }
    return;
  }
  const across = Math.ceil(frame.width / (8 * frame.groupAcross));
  const down = Math.ceil(frame.height / (8 * frame.groupDown));
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      group(() => readGroup(scan, row, column, read));
    }
  }
}

function readGroup({ components }: Scan, row: number, column: number, read: ReadBlock): void {
  for (let index = 0; index < components.length; index++) {
    const of = components[index]!;
    const { across, down, blocksAcross, coefficients } = of.component;
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        const block = (row * down + y) * blocksAcross + column * across + x;
        read(of, coefficients, 64 * block, index);
      }
    }
  }
}

function baseline(bits: BitReader, predictions: Int32Array): ReadBlock {
  return ({ dc, ac }, coefficients, at, index) => {
    coefficients[at] = predictions[index]! += bits.signed(bits.decode(dc!) & 15);
    for (let k = 1; k < 64; k++) {
      const code = bits.decode(ac!), size = code & 15;
      if (size === 0) {
        if (code !== 0xf0) return;
        k += 15;
        continue;
      }
      k += code >> 4;
      if (k > 63) throw overrun();
      coefficients[at + ZIGZAG[k]!] = bits.signed(size);
    }
  };
}

/** Blocks that follow without coefficients. */
interface Run {
  run: number;
}

function progressive(
  { from, to, refines, low }: Scan,
  bits: BitReader,
  predictions: Int32Array,
  state: Run,
): ReadBlock {
  if (from === 0) {
    return refines
      ? (_, coefficients, at) => void (coefficients[at]! |= bits.bits(1) << low)
      : ({ dc }, coefficients, at, index) => {
        predictions[index]! += bits.signed(bits.decode(dc!) & 15);
        coefficients[at] = predictions[index]! << low;
      };
  }
  if (refines) {
    return ({ ac }, coefficients, at) => refine(ac!, coefficients, at, bits, state);
  }
  return ({ ac }, coefficients, at) => {
    if (state.run > 0) {
      state.run--;
      return;
    }
    for (let k = from; k <= to; k++) {
      const code = bits.decode(ac!), zeros = code >> 4, size = code & 15;
      if (size === 0) {
        if (zeros < 15) {
          state.run = (1 << zeros) - 1 + bits.bits(zeros);
          return;
        }
        k += 15;
        continue;
      }
      k += zeros;
      if (k > 63) throw overrun();
      coefficients[at + ZIGZAG[k]!] = bits.signed(size) << low;
    }
  };

  /** One more bit of those that are not 0, and new ones between them. */
  function refine(
    ac: HuffmanTable,
    coefficients: Int16Array,
    at: number,
    bits: BitReader,
    state: Run,
  ): void {
    const more = 1 << low;
    const correct = (place: number) => {
      const value = coefficients[place]!;
      if (bits.bits(1) === 1 && (value & more) === 0) {
        coefficients[place] = value + (value >= 0 ? more : -more);
      }
    };
    let k = from;
    for (; state.run === 0 && k <= to; k++) {
      const code = bits.decode(ac);
      let zeros = code >> 4, fresh = 0;
      if ((code & 15) !== 0) fresh = bits.bits(1) === 1 ? more : -more;
      else if (zeros < 15) {
        state.run = (1 << zeros) + bits.bits(zeros);
        break;
      }
      for (; k <= to; k++) {
        const place = at + ZIGZAG[k]!;
        if (coefficients[place] !== 0) correct(place);
        else if (zeros-- === 0) break;
      }
      if (fresh !== 0 && k <= to) coefficients[at + ZIGZAG[k]!] = fresh;
    }
    if (state.run === 0) return;
    for (; k <= to; k++) {
      const place = at + ZIGZAG[k]!;
      if (coefficients[place] !== 0) correct(place);
    }
    state.run--;
  }
}

function overrun(): TypeError {
  return new TypeError("it is damaged: a block has more than 64 coefficients");
}
