/**
 * Reads JPEG images, baseline and progressive, as libjpeg decodes them for Pillow, to the byte (ITU-T T.81).
 *
 * @module
 */
import type { Bitmap } from "../bitmap.ts";
import { colourSpaceOf, mixColours } from "./colour.ts";
import { type Frame, readFrame, readHuffman, readQuantisation } from "./frame.ts";
import { BitReader, type HuffmanTable } from "./huffman.ts";
import { planeOf } from "./inverse_dct.ts";
import { exifOrientation, turned } from "../orientation.ts";
import { blocksOf, readScan, type Scan } from "./scan.ts";
import { fullSize } from "./upsample.ts";

/** What has been read of a file so far. */
interface Reading {
  frame?: Frame;
  restartEvery: number;
  jfif: boolean;
  adobe?: number;
  orientation: number;
  readonly quantisation: Map<number, Int32Array>;
  readonly huffman: Map<number, HuffmanTable>;
}

/**
 * The picture in a JPEG file, turned as its EXIF orientation says.
 *
 * @throws {TypeError} saying what is wrong with it, or that it is of a kind that cannot be read
 */
export function decodeJpeg(bytes: Uint8Array): Bitmap {
  const reading: Reading = {
    restartEvery: 0,
    jfif: false,
    orientation: 1,
    quantisation: new Map(),
    huffman: new Map(),
  };
  let at = 2, blocks = 0;
  for (;;) {
    const { marker, data, end } = segment(bytes, at);
    if (marker === END) break;
    at = end;
    if (marker !== SCAN) readSegment(marker, data, reading);
    else {
      const scan = scanOf(data, reading), bits = new BitReader(bytes, at);
      blocks += blocksOf(scan);
      if (blocks > MOST_BLOCKS) {
        throw new TypeError(`its scans go through more than ${MOST_BLOCKS} blocks`);
      }
      readScan(frameOf(reading), scan, bits);
      at = bits.position;
    }
  }
  if (blocks === 0) throw new TypeError("it has no picture");
  return turned(pictureOf(reading), reading.orientation);
}

const END = 0xd9, SCAN = 0xda;
/**
 * Blocks that all scans may go through: a few bytes can be a scan of a whole image. A photo of 50 million pixels has 2.3
 * million, and each is in about seven scans.
 */
const MOST_BLOCKS = 2 ** 26;

/** The next marker from `at` on, and what stands behind it; a file may end without the last one. */
function segment(bytes: Uint8Array, at: number) {
  while (
    at < bytes.length && !(bytes[at] === 0xff && bytes[at + 1]! > 0 && bytes[at + 1]! < 0xff)
  ) {
    at++;
  }
  const marker = bytes[at + 1] ?? END, begin = at + 4;
  if (marker === END || marker >= 0xd0 && marker <= 0xd8 || marker === 1) {
    return { marker, data: bytes.subarray(0, 0), end: at + 2 };
  }
  const end = at + 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
  if (!(end <= bytes.length && end >= begin)) throw new TypeError("it ends early, or is damaged");
  return { marker, data: bytes.subarray(begin, end), end };
}

function readSegment(marker: number, data: Uint8Array, reading: Reading): void {
  if (marker === 0xdb) readQuantisation(data, reading.quantisation);
  else if (marker === 0xc4) readHuffman(data, reading.huffman);
  else if (marker === 0xdd) reading.restartEvery = data[0]! << 8 | data[1]!;
  else if (marker === 0xe0 && begins(data, "JFIF\0")) reading.jfif = true;
  else if (marker === 0xe1 && begins(data, "Exif\0\0")) {
    reading.orientation = exifOrientation(data.subarray(6));
  } else if (marker === 0xee && data.length >= 12 && begins(data, "Adobe")) {
    reading.adobe = data[11]!;
  } else if (marker >= 0xc0 && marker <= 0xc2) {
    if (reading.frame) throw new TypeError("it holds two pictures in one");
    reading.frame = readFrame(data, marker === 0xc2);
  } else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8) {
    throw new TypeError("it is lossless, arithmetic-coded or hierarchical, which cannot be read");
  }
}

function begins(data: Uint8Array, text: string): boolean {
  return [...text].every((letter, at) => data[at] === letter.charCodeAt(0));
}

function frameOf({ frame }: Reading): Frame {
  if (frame === undefined) throw new TypeError("its header is missing");
  return frame;
}

function scanOf(data: Uint8Array, reading: Reading): Scan {
  const { components, progressive } = frameOf(reading), [count = 0] = data;
  const [from = 0, last = 63, bits = 0] = data.subarray(1 + 2 * count);
  const to = progressive ? last : 63, first = progressive ? from : 0;
  const said = Array.from({ length: count }, (_, i) => {
    const component = components.find(({ id }) => id === data[1 + 2 * i]);
    if (component === undefined) throw new TypeError("a scan has a colour that there is not");
    const tables = data[2 + 2 * i]!;
    const dc = reading.huffman.get(tables >> 4), ac = reading.huffman.get(16 + (tables & 15));
    const needsDc = first === 0 && bits >> 4 === 0 || !progressive;
    if (needsDc && dc === undefined || to > 0 && ac === undefined) {
      throw new TypeError("a Huffman table is missing");
    }
    return { component, dc, ac };
  });
  const fits = count > 0 && count <= components.length && to <= 63 && first <= to &&
    !(progressive && first === 0 && to > 0) && !(first > 0 && count > 1);
  if (!fits || (bits & 15) > 13) throw new TypeError("a scan has numbers that cannot be");
  const { restartEvery } = reading;
  const ofProgressive = { refines: bits >> 4 > 0, low: bits & 15 };
  const how = progressive ? ofProgressive : { refines: false, low: 0 };
  return { components: said, from: first, to, ...how, restartEvery };
}

function pictureOf(reading: Reading): Bitmap {
  const frame = frameOf(reading), { width, height, components } = frame;
  const planes = components.map((component) => {
    const table = reading.quantisation.get(component.table);
    if (table === undefined) throw new TypeError("a quantisation table is missing");
    return fullSize(planeOf(component, table), component.across, component.down, frame);
  });
  const ids = components.map(({ id }) => id), { jfif, adobe } = reading;
  return { width, height, rgb: mixColours(colourSpaceOf({ ids, jfif, adobe }), planes) };
}
