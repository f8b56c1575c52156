/**
 * Every way in which the disk is changed on the way to a file that is whole, in one place: tests put a disk
 * there that fails.
 *
 * @module
 */

/** A file being written, from its start. */
export interface WritableFile {
  /** Writes a first part of `bytes`, at least one; returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Flushes what was written to the device. */
  sync(): Promise<void>;
  close(): void;
}

/** Operations that change what is on the disk. Each rejects with the system's error when it fails. */
export interface Disk {
  /** Opens a new file at `path`, where nothing may be: it is never written through a link. */
  create(path: string): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes the file or folder at `path` with everything in it. */
  remove(path: string): Promise<void>;
  /** Makes the folder at `path` and those above it, unless they exist. */
  makeDirectory(path: string): Promise<void>;
  /** Flushes the names in the folder at `path` to the device. */
  syncDirectory(path: string): Promise<void>;
  /** Ends a transaction of a database; what it changed is on the device afterwards. */
  commit(transaction: Deno.AtomicOperation): Promise<Deno.KvCommitResult | Deno.KvCommitError>;
}

/** The machine's own disk. */
export const DISK: Disk = {
  create: (path) => Deno.open(path, { write: true, createNew: true }),
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path, { recursive: true }),
  makeDirectory: (path) => Deno.mkdir(path, { recursive: true }),
  syncDirectory,
  commit: (transaction) => transaction.commit(),
};

/**
 * Flushes the entries of the directory at `path`, so that files created or renamed in it outlive a power cut.
 *
 * Windows cannot open directories and orders these changes itself.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const directory = await Deno.open(path);
  try {
    await directory.sync();
  } finally {
    directory.close();
  }
}
