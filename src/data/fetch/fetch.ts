/**
 * From a data set's name to its verified files: download, unpack, verify.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { exists } from "../../disk/regular.ts";
import { onDisk } from "../disk.ts";
import { download } from "./download.ts";
import type { Source } from "./sources.ts";
import { ArchiveError, unpackTarGz } from "./unpack.ts";
import { verifyDataset } from "../verify.ts";

/** How to fetch a data set. */
export interface FetchOptions {
  /** Another address with the same archive; the source's own unless told. */
  readonly url?: string;
  /** Called with the number of bytes of the archive on disk. */
  readonly onProgress?: (done: number) => void;
  /** Stops the download or the unpacking; a download can be resumed. */
  readonly signal?: AbortSignal;
  /** As in `DownloadOptions`. */
  readonly retryDelay?: number;
}

/**
 * Puts the data set of `source` in `dataDirectory/FOLDER` and returns that folder. Nothing is done when it is already
 * there, whole. The archive is downloaded to `dataDirectory` under its own name (a correct one already there is
 * used) and deleted at the end, or when it turns out to be no good.
 *
 * @throws {UsageError} when the folder is there but is damaged or not the published data set, or the address is wrong
 * @throws {RunError} when the server, the network, the archive or the disk fails
 * @throws the signal's reason when it aborts
 */
export async function fetchDataset(
  source: Source,
  dataDirectory: string,
  options: FetchOptions = {},
): Promise<string> {
  const folder = join(dataDirectory, source.folder);
  if (await exists(folder)) {
    await checkWhole(source, folder, (reason, cause) => {
      const what = `"${folder}" is already there but cannot be used, so move it away`;
      return new UsageError(`${what}: ${reason}`, { cause });
    });
    return folder;
  }
  const archive = join(dataDirectory, basename(new URL(source.url).pathname));
  const { url = source.url, onProgress, signal, retryDelay } = options;
  const { bytes, sha256 } = source;
  await download(url, archive, { bytes, sha256, onProgress, signal, retryDelay });
  const check = (unpacked: string) =>
    checkWhole(source, unpacked, (reason, cause) => {
      const what = `The archive from ${url} does not hold the data set ${source.name}`;
      return new ArchiveError(`${what}: ${reason}`, { cause });
    });
  try {
    await unpackTarGz(archive, folder, source, { signal, check });
  } catch (error) {
    // After a full disk or an interruption the archive saves the next attempt a download.
    if (error instanceof ArchiveError) await Deno.remove(archive);
    throw error;
  }
  await onDisk(archive, () => Deno.remove(archive));
  return folder;
}

/** Throws `failure(…)` unless `folder` holds well-formed files with as many images as the published data set. */
async function checkWhole(
  source: Source,
  folder: string,
  failure: (reason: string, cause?: Error) => Error,
): Promise<void> {
  const { name, records } = source;
  const { train, test } = await verifyDataset(name, folder).catch((cause: Error) => {
    throw failure(cause.message, cause);
  });
  if (train !== records.train || test !== records.test) {
    throw failure(
      `it holds ${train} training and ${test} test images, and ${name} has ${records.train} and ${records.test}.`,
    );
  }
}
