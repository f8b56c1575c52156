/** NumPy's files, made by hand: plain and packed, of each version of the format, and as nobody should make them. */
import { crc32, deflateRawSync } from "node:zlib";
import { type MadeEntry, madeZip } from "../zip/made_zip.ts";

/** An array of a file. */
export interface MadeNpy {
  readonly shape: readonly number[];
  /** Such as `|u1`, which it is unless given. */
  readonly descr?: string;
  /** Its elements' bytes. */
  readonly bytes: Uint8Array;
  readonly version?: 1 | 2 | 3;
  /** In place of the description that says all this. */
  readonly header?: string;
}

/** The `.npy` file of an array. */
export function madeNpy(
  { shape, descr = "|u1", bytes, version = 1, header }: MadeNpy,
): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const said = header ??
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const begin = version === 1 ? 10 : 12;
  const padded = said + " ".repeat(63 - (begin + said.length) % 64) + "\n";
  const file = new Uint8Array(begin + padded.length + bytes.length);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  file.set(new TextEncoder().encode(padded), begin);
  file.set(bytes, begin + padded.length);
  return file;
}

/** The archive of files by name, which are arrays or anything. */
export function madeNpz(
  arrays: Readonly<Record<string, MadeNpy | Uint8Array>>,
  packed = false,
): Uint8Array<ArrayBuffer> {
  return madeZip(
    Object.entries(arrays).map(([name, array]): MadeEntry => {
      const file = array instanceof Uint8Array ? array : madeNpy(array);
      return packed ? packedEntry(`${name}.npy`, file) : { name: `${name}.npy`, content: file };
    }),
  );
}

/** `file` deflated, in an entry that is right. */
export function packedEntry(name: string, file: Uint8Array): MadeEntry {
  const content = deflateRawSync(file);
  return { name, content, method: 8, size: file.length, checksum: crc32(file) };
}

/** Images and labels, as a data set has them: `n` of `size` pixels, image i all i. */
export function madeImages(n: number, size: number, classes: number, first = 0) {
  const values = size * size * 3, images = new Uint8Array(n * values);
  for (let i = 0; i < n; i++) images.fill(first + i, i * values, (i + 1) * values);
  return madeNpz({
    image: { shape: [n, size, size, 3], bytes: images },
    label: { shape: [n], bytes: Uint8Array.from({ length: n }, (_, i) => i % classes) },
  });
}
