/**
 * Arrays of numbers from NumPy's `.npz` files, as `savez` and `savez_compressed` write them.
 *
 * The description of an array is read as text and never run; an array of objects, which would be a pickle, is refused.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../quoted.ts";
import type { EntryReader } from "../zip/entry_reader.ts";
import { openZip } from "../zip/reader.ts";
import { type NpyHeader, readNpyHeader } from "./npy_header.ts";

/** An array of a file. */
export interface NpyArray extends NpyHeader {
  /** Its elements in order, as the type says; a part of the file where that is not packed. */
  readonly bytes: Uint8Array;
}

/** Looks at what an array says of itself before any of it is read. Throws a `TypeError` if it is not wanted. */
export type HeaderCheck = (header: NpyHeader) => void;

/**
 * The arrays of the file `bytes` that `checks` names, in its order.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if one is missing, damaged, too large or not wanted
 */
export async function readNpz(
  bytes: Uint8Array,
  checks: ReadonlyMap<string, HeaderCheck>,
  source: string,
): Promise<NpyArray[]> {
  const archive = openZip(bytes, source), arrays: NpyArray[] = [];
  for (const [name, check] of checks) {
    const entry = archive.open(`${name}.npy`);
    if (entry === undefined) {
      const names = archive.names.slice(0, 8).map((each) => quoted(each.replace(/\.npy$/, "")));
      throw new UsageError(
        `${source} has no array ${quoted(name)}, only ${names.join(", ") || "nothing"}: ` +
          `save it by numpy.savez with image= and label=.`,
      );
    }
    try {
      arrays.push(await readArray(entry, check));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      throw new UsageError(
        `${source} has an array ${quoted(name)} that cannot be used: ${error.message}.`,
      );
    } finally {
      await entry.cancel();
    }
  }
  return arrays;
}

async function readArray(entry: EntryReader, check: HeaderCheck): Promise<NpyArray> {
  const header = await readNpyHeader((length) => entry.take(length));
  const size = header.shape.reduce((a, b) => a * b, header.itemBytes);
  if (size !== entry.left) {
    throw new TypeError(
      `an array of [${header.shape}] takes ${size} bytes, and there are ${entry.left}`,
    );
  }
  check(header);
  const bytes = await entry.take(size);
  await entry.end();
  return { ...header, bytes };
}
