/**
 * A file of weights as bytes, looked at by its ends before all of it is read, which may be gigabytes.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { ioError } from "../../disk/failure.ts";
import { readNamedFile } from "../../disk/files.ts";
import { wholeMebibytes } from "../../format/mebibytes.ts";

/** The first and last bytes of a file, and how many there are in all. */
export interface Ends {
  /** As many of the first as were asked for and are there. */
  readonly head: Uint8Array;
  /** As many of the last. */
  readonly tail: Uint8Array;
  /** Bytes of the file. */
  readonly size: number;
}

/** Bytes of a file: a larger one would not be read into memory. */
const MOST_BYTES = 2 ** 33;

/**
 * The bytes of the file at `path`, unless `check` throws at its ends of so many bytes. What is no regular file, such as a pipe,
 * has no end to be looked at before it is read.
 *
 * @throws {UsageError} if there is no such file, or it is larger than any network
 * @throws {RunError} if it cannot be read
 */
export async function readChecked(
  path: string,
  endBytes: { readonly head: number; readonly tail: number },
  check: (ends: Ends) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await openRegular(path);
  if (file === undefined) {
    const bytes = await readNamedFile(path);
    check({ ...endsOf(bytes, endBytes) });
    return bytes;
  }
  const failing = (error: unknown) => Promise.reject(ioError(`Could not read ${path}`, error));
  try {
    const { size } = await file.stat().catch(failing);
    const part = async (begin: number, length: number) => {
      await file.seek(begin, Deno.SeekMode.Start);
      return await readUpTo(file, length);
    };
    const head = await part(0, Math.min(size, endBytes.head)).catch(failing);
    const tailBytes = Math.min(size, endBytes.tail);
    check({ head, tail: await part(size - tailBytes, tailBytes).catch(failing), size });
    if (size > MOST_BYTES) {
      throw new UsageError(`${path} has ${wholeMebibytes(size)} MiB, more than any network here.`);
    }
    return await part(0, size).catch(failing);
  } finally {
    file.close();
  }
}

/** The ends of `bytes`, which are a whole file. */
export function endsOf(
  bytes: Uint8Array,
  { head, tail }: { readonly head: number; readonly tail: number },
): Ends {
  return {
    head: bytes.subarray(0, head),
    tail: bytes.subarray(Math.max(0, bytes.length - tail)),
    size: bytes.length,
  };
}

async function openRegular(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return (await Deno.stat(path)).isFile ? await Deno.open(path) : undefined;
  } catch {
    return undefined; // which is told when it is read
  }
}

/** The next `most` bytes of `file`, or as many as there are. */
async function readUpTo(file: Deno.FsFile, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(most);
  let filled = 0;
  while (filled < most) {
    const read = await file.read(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
