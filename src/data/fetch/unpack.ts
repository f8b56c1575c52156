/**
 * Unpacks the wanted files of a gzipped tar archive that is not trusted: only listed names are ever written, into a new
 * folder, and an archive with an entry that tries to leave it is refused as a whole.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { dirname, join } from "@std/path";
import { extract } from "tar-stream";
import { RunError, UsageError } from "../../errors.ts";
import { syncDirectory } from "../../disk/disk.ts";
import { onDisk, removeTreeIfThere, writeAll } from "../../disk/files.ts";
import { describeIoError, ioError, isAboutPlace } from "../../disk/failure.ts";
import { exists } from "../../disk/regular.ts";

/** The archive itself is no good, so that trying it again is of no use. */
export class ArchiveError extends RunError {}

/** Which part of an archive is wanted. */
export interface Contents {
  /** The folder in the archive. */
  readonly folder: string;
  /** Names of the files in that folder; every one must be there. */
  readonly files: readonly string[];
}

/** How to unpack. */
export interface UnpackOptions {
  /** Called with the folder of the unpacked files before they get their final name; what it throws stops that. */
  readonly check?: (folder: string) => Promise<void>;
  /** Stops the unpacking; nothing of it is kept. */
  readonly signal?: AbortSignal;
}

/** What {@linkcode unpackTarGz} takes of an entry. */
interface Entry extends AsyncIterable<Uint8Array> {
  readonly header: { readonly name: string; readonly type: string | null };
}

/**
 * Unpacks `contents.folder/FILE` of `archive` to `intoDirectory/FILE`. All files appear there together, or none does:
 * they are first written to `intoDirectory + ".unpacking"`, which is always gone at the end. Other regular files and
 * folders of the archive are skipped.
 *
 * @throws {UsageError} when the archive cannot be opened, or something is already at `intoDirectory`
 * @throws {ArchiveError} when the archive is damaged, lacks a file, or holds a link, a device, an absolute path or a
 * path with `..`
 * @throws {RunError} when the disk fails, or another process is unpacking the archive
 * @throws the signal's reason when it aborts
 */
export async function unpackTarGz(
  archive: string,
  intoDirectory: string,
  contents: Contents,
  options: UnpackOptions = {},
): Promise<void> {
  if (await exists(intoDirectory)) {
    throw new UsageError(`There is already something at "${intoDirectory}"; move it away first.`);
  }
  const lock = await openArchive(archive);
  const staging = `${intoDirectory}.unpacking`;
  try {
    if (!(await lock.tryLock(true))) {
      throw new RunError(`Another process is unpacking "${archive}"; wait for it to finish.`);
    }
    await removeTreeIfThere(staging);
    try {
      await onDisk(staging, () => Deno.mkdir(staging, { recursive: true }));
      await unpackInto(staging, archive, contents, options.signal);
      await options.check?.(staging);
      await onDisk(intoDirectory, async () => {
        await syncDirectory(staging);
        await Deno.rename(staging, intoDirectory);
        await syncDirectory(dirname(intoDirectory));
      });
    } finally {
      await removeTreeIfThere(staging);
    }
  } finally {
    lock.close();
  }
}

/** Writes the wanted files of `archive` to `staging`, and checks that all of them were there. */
async function unpackInto(
  staging: string,
  archive: string,
  contents: Contents,
  signal: AbortSignal | undefined,
): Promise<void> {
  const wanted = new Map(contents.files.map((file) => [`${contents.folder}/${file}`, file]));
  // Some archives predate the ustar magic; a header's checksum is checked either way.
  const entries = extract({ allowUnknownFormat: true } as Parameters<typeof extract>[0]);
  const reading = pipeline(
    createReadStream(archive),
    createGunzip(),
    entries as unknown as NodeJS.WritableStream,
  );
  // Its failure, up to the checksum at the archive's end, is the loop's below; a failure of the loop ends it.
  reading.catch(() => {});
  try {
    for await (const entry of entries as AsyncIterable<Entry>) {
      signal?.throwIfAborted();
      const name = safeName(entry, archive);
      const file = entry.header.type === "file" ? wanted.get(name) : undefined;
      if (file === undefined) {
        for await (const _ of entry) signal?.throwIfAborted();
        continue;
      }
      wanted.delete(name);
      await writeEntry(entry, join(staging, file), signal);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof RunError) throw cause;
    if (isAboutPlace(cause)) throw ioError(`Could not read the archive "${archive}"`, cause);
    const reason = (cause as Error).message;
    throw new ArchiveError(`The archive "${archive}" is damaged (${reason}); fetch it again.`, {
      cause,
    });
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) {
    throw new ArchiveError(
      `The archive "${archive}" does not hold "${missing}"; use another archive.`,
    );
  }
}

/** The entry's path without `./` and a trailing slash; refuses whatever could end up outside, or is no plain file. */
function safeName({ header }: Entry, archive: string): string {
  const { name, type } = header;
  const refuse = (what: string): never => {
    throw new ArchiveError(
      `The archive "${archive}" holds ${what} "${name}", so nothing of it was unpacked; use another archive.`,
    );
  };
  if (type !== "file" && type !== "directory") refuse(`a ${type ?? "special entry"}`);
  if (/^([/\\]|[A-Za-z]:)/.test(name)) refuse("the absolute path");
  const segments = name.split(/[/\\]/);
  if (segments.includes("..")) refuse("the outside path");
  return segments.filter((segment) => segment !== "." && segment !== "").join("/");
}

async function writeEntry(entry: Entry, path: string, signal?: AbortSignal): Promise<void> {
  const file = await onDisk(path, () => Deno.open(path, { write: true, createNew: true }));
  try {
    for await (const chunk of entry) {
      signal?.throwIfAborted();
      await onDisk(path, () => writeAll(file, chunk));
    }
    await onDisk(path, () => file.sync());
  } finally {
    file.close();
  }
}

async function openArchive(archive: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(archive);
  } catch (cause) {
    throw new UsageError(
      `The archive "${archive}" cannot be opened: ${describeIoError(cause)}; fetch it first.`,
      { cause },
    );
  }
}
