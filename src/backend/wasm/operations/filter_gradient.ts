/**
 * The filter's gradient of a convolution as phases: Winograd's algorithm for 3×3 filters of stride 1, direct for others.
 *
 * @module
 */
import type { ConvolutionShape } from "../../operations/convolution_shape.ts";
import { SCRATCH_BYTES } from "../crew.ts";
import { type Phase, phase } from "../phases.ts";
import type { TensorEngine } from "../tensors.ts";
import { tooLarge } from "./convolution_phases.ts";
import { MOST_COLUMNS, PANEL, roundUp, SLICES_PER_THREAD } from "./slicing.ts";

/** Rows of the products' blocks. */
const ROWS = 4;
/** Tiles in a slice of the transforms: four of them are a cache line of a plane. */
const SLICE_TILES = 16;
/** About the bytes of a group's transformed tiles, for a cache to hold them. */
const GROUP_BYTES = 1 << 20;
/** Bytes that groups' sums may take up at a time. */
const SUMS_BYTES = 32 << 20;
/** Sums in a slice of adding them up. */
const SUM_SLICE = 16_384;
/** Bytes that a group's tiles do not fill: those between its planes, and to the next line after the zeros. */
const PADDING = 2 * 36 * 64 + 128;

/** Addresses of the image, the result's gradient and the filter's. */
interface Addresses {
  readonly x: number;
  readonly dy: number;
  readonly dw: number;
}

/** Runs the programs that store the filter's gradient. */
export function computeFilterGradient(
  engine: TensorEngine,
  convolution: ConvolutionShape,
  addresses: Addresses,
): void {
  const { kernel, stride } = convolution;
  if (kernel === 1 || stride === 2) engine.crew.run([directPhase(convolution, addresses)]);
  else computeWinograd(engine, convolution, addresses);
}

function directPhase(
  { batch, height, width, inChannels, outChannels, kernel, stride }: ConvolutionShape,
  { x, dy, dw }: Addresses,
): Phase {
  if (outChannels > MOST_COLUMNS) throw tooLarge(outChannels, MOST_COLUMNS);
  // Every slice copies all of dy: few of them, but enough for the threads to end together.
  const taps = kernel * kernel, cuts = Math.ceil(2 * SLICES_PER_THREAD / taps) + 1;
  const perSlice = roundUp(Math.ceil(inChannels / cuts), ROWS);
  const size = [batch, height, width, inChannels, outChannels, kernel, stride];
  const slices = taps * Math.ceil(inChannels / perSlice);
  return phase(slices, "directFilter", [x, dy, dw, ...size, perSlice]);
}

/** How Winograd's algorithm takes the batch: in groups of examples, whose sums are added in order. */
interface Groups {
  /** Examples in a group. */
  readonly examples: number;
  readonly count: number;
  /** Bytes of a group's tiles: the image's, the gradient's. */
  readonly tileBytes: readonly [number, number];
  /** Values of a group's sums, and of all of them together. */
  readonly sums: number;
}

/** The groups of `convolution`, the same for any number of threads: they decide on the order of the sums. */
function groupsOf({ batch, height, width, inChannels, outChannels }: ConvolutionShape): Groups {
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
  const inBytes = 4 * 36 * roundUp(inChannels, 4), outBytes = 4 * 36 * roundUp(outChannels, PANEL);
  const sums = inChannels * outBytes / 4;
  // The sums go through memory once per group: if they are larger than the tiles, groups are too.
  const wanted = Math.max(GROUP_BYTES, 2 * sums);
  const groups = Math.max(1, Math.round(batch * tiles * (inBytes + outBytes) / wanted));
  const examples = Math.ceil(batch / groups);
  return {
    examples,
    count: Math.ceil(batch / examples),
    tileBytes: [examples * tiles * inBytes, examples * tiles * outBytes],
    sums,
  };
}

function computeWinograd(
  engine: TensorEngine,
  convolution: ConvolutionShape,
  addresses: Addresses,
): void {
  const { inChannels, outChannels } = convolution, groups = groupsOf(convolution);
  const { bytes, phases } = suitsThreads(groups, convolution, engine.crew.threads)
    ? sumApart(convolution, addresses, groups)
    : sumInTurn(convolution, addresses, groups);
  const duBytes = 4 * groups.sums;
  engine.temporarily(duBytes + bytes, (du) => {
    const finish = phase(Math.ceil(inChannels / ROWS), "winogradFilterFinish", [
      ...[du, addresses.dw, inChannels, outChannels, ROWS],
    ]);
    engine.crew.run([...phases(du, du + duBytes), finish]);
  });
}

/**
 * Whether groups are better shared out among the threads than taken one after another by all: no thread then reads tiles
 * that another has written, but sums larger than the tiles cost more than that saves.
 */
function suitsThreads(
  { count, sums, tileBytes: [image, slope] }: Groups,
  { inChannels }: ConvolutionShape,
  threads: number,
): boolean {
  const inScratch = image + slope + PADDING + 4 * 6 * inChannels <= SCRATCH_BYTES;
  return threads > 1 && count >= threads && 4 * sums <= GROUP_BYTES && inScratch;
}

/** A way to sum up: phases that leave the sums at `du`, with room for `bytes` at `room`. */
interface Summation {
  readonly bytes: number;
  phases(du: number, room: number): Phase[];
}

/** Each group by one thread, whose caches then hold its tiles. */
function sumApart(
  { batch, height, width, inChannels, outChannels }: ConvolutionShape,
  { x, dy }: Addresses,
  { examples, count, sums }: Groups,
): Summation {
  const atOnce = Math.min(count, Math.floor(SUMS_BYTES / (4 * sums)));
  const size = [batch, height, width, inChannels, outChannels];
  const phases = (du: number, room: number) => {
    const phases: Phase[] = [];
    for (let first = 0; first < count; first += atOnce) {
      const groups = Math.min(atOnce, count - first);
      phases.push(
        phase(groups, "winogradFilterGroup", [x, dy, room, ...size, first * examples, examples]),
        phase(Math.ceil(sums / SUM_SLICE), "winogradFilterSum", [
          ...[room, du, sums, groups, first > 0],
        ]),
      );
    }
    return phases;
  };
  return { bytes: 4 * atOnce * sums, phases };
}

/** One group after another, each by all threads. */
function sumInTurn(
  { batch, height, width, inChannels, outChannels }: ConvolutionShape,
  { x, dy }: Addresses,
  { examples, tileBytes: [image, slope] }: Groups,
): Summation {
  const toSlope = roundUp(image + 36 * 64, 64);
  const tiles = Math.ceil(height / 4) * Math.ceil(width / 4);
  const perSlice = roundUp(Math.ceil(inChannels / 4), ROWS);
  const phases = (du: number, v: number) => {
    const m = v + toSlope, phases: Phase[] = [];
    for (let first = 0; first < batch; first += examples) {
      const last = Math.min(batch, first + examples), transformed = (last - first) * tiles;
      const size = [batch, height, width, inChannels, outChannels, first, last];
      phases.push(
        phase(Math.ceil(transformed / SLICE_TILES), "winogradFilterTransform", [
          ...[x, dy, v, m, ...size, SLICE_TILES],
        ]),
        phase(36 * Math.ceil(inChannels / perSlice), "winogradFilterGemm", [
          ...[v, m, du, transformed, inChannels, outChannels, first > 0, perSlice],
        ]),
      );
    }
    return phases;
  };
  return { bytes: toSlope + slope + 36 * 64, phases };
}
