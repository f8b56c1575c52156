/**
 * From a data set's name to its verified files: download, unpack, verify.
 *
 * @module
 */
import { basename, dirname, join } from "@std/path";
import { UsageError } from "../../errors.ts";
import { isAboutPlace } from "../../disk/failure.ts";
import { exists } from "../../disk/regular.ts";
import { syncDirectory } from "../../disk/disk.ts";
import { onDisk } from "../../disk/files.ts";
import { download } from "./download.ts";
import { ArchiveError, unpackTarGz } from "./unpack.ts";
import {
  type ArchiveSource,
  type Download,
  downloadsOf,
  filesOf,
  type PublishedSet,
} from "../sets/definition.ts";
import { verifyDataset } from "../verify.ts";

/** How to fetch a data set. */
export interface FetchOptions {
  /** Called with the number of bytes on disk of all that is downloaded. */
  readonly onProgress?: (done: number) => void;
  /** Stops the download or the unpacking; a download can be resumed. */
  readonly signal?: AbortSignal;
  /** As in `DownloadOptions`. */
  readonly retryDelay?: number;
}

/**
 * Puts `set` in `dataDirectory/FOLDER` and returns that folder. Nothing is done when it is already
 * there, whole. An archive is downloaded to `dataDirectory` under its own name (a correct one already there is
 * used) and deleted at the end, or when it turns out to be no good. Files that are in no archive are downloaded to
 * `dataDirectory/FOLDER.fetching`, which gets the folder's name when it has all of them.
 *
 * @throws {UsageError} when the folder is there but is damaged or not the published data set, or the address is wrong
 * @throws {RunError} when the server, the network, the archive or the disk fails
 * @throws the signal's reason when it aborts
 */
export async function fetchDataset(
  set: PublishedSet,
  dataDirectory: string,
  options: FetchOptions = {},
): Promise<string> {
  const { source } = set, folder = join(dataDirectory, source.folder);
  if (await exists(folder)) {
    await checkWhole(set, folder, (reason, cause) => {
      const what = `"${folder}" is already there but cannot be used, so move it away`;
      return new UsageError(`${what}: ${reason}`, { cause });
    });
  } else if ("files" in source) await fetchFiles(set, folder, options);
  else await fetchArchive(set, source, folder, options);
  return folder;
}

/** Puts the files of `set`, which has no archive, in `folder`. */
async function fetchFiles(
  set: PublishedSet,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const fetching = `${folder}.fetching`;
  let before = 0;
  for (const file of downloadsOf(set.source)) {
    const onProgress = (done: number) => options.onProgress?.(before + done);
    await download(file.url, join(fetching, nameOf(file)), { ...file, ...options, onProgress });
    before += file.bytes;
  }
  await checkWhole(set, fetching, (reason, cause) => {
    const what = `What ${set.name} is fetched from, in "${fetching}", does not hold it`;
    return new ArchiveError(`${what}: ${reason}`, { cause });
  });
  await onDisk(folder, async () => {
    await syncDirectory(fetching);
    await Deno.rename(fetching, folder);
    await syncDirectory(dirname(folder));
  });
}

/** Puts what the archive of `set` holds in `folder`. */
async function fetchArchive(
  set: PublishedSet,
  source: ArchiveSource,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const { url, folder: name } = source, { signal } = options;
  const archive = join(dirname(folder), nameOf(source));
  await download(url, archive, { ...source, ...options });
  const check = (unpacked: string) =>
    checkWhole(set, unpacked, (reason, cause) => {
      const what = `The archive from ${url} does not hold the data set ${set.name}`;
      return new ArchiveError(`${what}: ${reason}`, { cause });
    });
  try {
    await unpackTarGz(archive, folder, { folder: name, files: filesOf(set) }, { signal, check });
  } catch (error) {
    // After a full disk or an interruption the archive saves the next attempt a download.
    if (error instanceof ArchiveError) await Deno.remove(archive);
    throw error;
  }
  await onDisk(archive, () => Deno.remove(archive));
}

function nameOf({ url }: Download): string {
  return basename(new URL(url).pathname);
}

/** Throws `failure(…)` unless `folder` holds well-formed files with as many images as the published data set. */
async function checkWhole(
  set: PublishedSet,
  folder: string,
  failure: (reason: string, cause?: Error) => Error,
): Promise<void> {
  const { train, test, official } = await verifyDataset(set, folder).catch((cause: Error) => {
    throw isAboutPlace(cause) ? cause : failure(cause.message, cause);
  });
  if (official) return;
  const { name, splits } = set;
  throw failure(
    `it holds ${train} training and ${test} test images, and ${name} has ${splits.train.images} and ${splits.test.images}.`,
  );
}
