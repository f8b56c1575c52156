/**
 * Disks that fail, and disks that take notes.
 *
 * @module
 */
import { DISK, type Disk, type WritableFile } from "../../../src/disk/disk.ts";

/** An operation of the disk, with what it is about. */
export interface Operation {
  readonly kind: "create" | "write" | "sync" | "rename" | "remove" | "mkdir" | "syncdir" | "commit";
  /** The file or folder; of a rename the target; `""` of a transaction. */
  readonly path: string;
  /** Of a rename: the source. */
  readonly from?: string;
}

/**
 * How an operation fails: `before` it has done anything, `torn` in the middle (half the bytes are written, part of a
 * folder is gone) or `after` all of it was done, which nobody is told.
 */
export type Failure = "before" | "torn" | "after";

/**
 * The machine's disk behind `around`, which is called with every operation, the way to do it, and the way to do a part.
 * What it throws is what the operation throws.
 */
function watchedDisk(
  around: <T>(
    operation: Operation,
    perform: () => Promise<T>,
    tear: () => Promise<unknown>,
  ) => Promise<T>,
): Disk {
  const nothing = () => Promise.resolve();
  return {
    create: (path) =>
      around({ kind: "create", path }, async () => {
        const file = await DISK.create(path);
        const watched: WritableFile = {
          write: (bytes) =>
            around(
              { kind: "write", path },
              () => file.write(bytes),
              () => file.write(bytes.subarray(0, bytes.length >> 1)),
            ),
          sync: () => around({ kind: "sync", path }, () => file.sync(), nothing),
          close: () => file.close(),
        };
        return watched;
      }, () => Deno.writeFile(path, new Uint8Array())),
    rename: (from, path) =>
      around({ kind: "rename", path, from }, () => DISK.rename(from, path), nothing),
    remove: (path) =>
      around({ kind: "remove", path }, () => DISK.remove(path), () => removeOneFile(path)),
    makeDirectory: (path) =>
      around({ kind: "mkdir", path }, () => DISK.makeDirectory(path), nothing),
    syncDirectory: (path) =>
      around({ kind: "syncdir", path }, () => DISK.syncDirectory(path), nothing),
    commit: (transaction) =>
      around({ kind: "commit", path: "" }, () => DISK.commit(transaction), nothing),
  };
}

/** What a removal of the folder `path` has done when it stops half way. */
async function removeOneFile(path: string): Promise<void> {
  if (!(await Deno.stat(path)).isDirectory) return;
  for (const { name } of Deno.readDirSync(path)) return Deno.removeSync(`${path}/${name}`);
}

/** A disk that adds what it does to `log`. */
export function recordingDisk(log: Operation[]): Disk {
  return watchedDisk((operation, perform) => {
    log.push(operation);
    return perform();
  });
}

/** A disk that writes at most `most` bytes at a time, as the system may. */
export function shortWritingDisk(most: number): Disk {
  return {
    ...DISK,
    async create(path) {
      const file = await DISK.create(path);
      return {
        write: (bytes) => file.write(bytes.subarray(0, most)),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
}

/** Where and how a disk fails. */
export interface Fault {
  /** Number of the operation that fails, from 0. */
  readonly at: number;
  readonly failure: Failure;
  readonly code: "ENOSPC" | "EIO";
  /** Whether everything after it fails too, the removal of temporaries included. */
  readonly forGood: boolean;
}

/** A disk that fails as `fault` says; `failed` tells whether it has. */
export function failingDisk(fault: Fault): Disk & { readonly failed: boolean } {
  let count = 0, failed = false;
  const disk = watchedDisk(async (_, perform, tear) => {
    const number = count++;
    if (number < fault.at || number > fault.at && !fault.forGood) return await perform();
    if (number === fault.at && fault.failure === "torn") await tear();
    if (number === fault.at && fault.failure === "after") await perform();
    failed = true;
    throw Object.assign(new Error(`made to fail (${fault.code})`), { code: fault.code });
  });
  return Object.defineProperty(disk, "failed", { get: () => failed }) as Disk & { failed: boolean };
}
