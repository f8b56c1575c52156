/**
 * How much a disk still holds.
 *
 * @module
 */
import { dirname, resolve } from "@std/path";
import { statfs } from "node:fs/promises";

/** Bytes that are free on the disk where `path` lies, or will lie once it is made. */
export async function freeBytes(path: string): Promise<number> {
  for (let folder = resolve(path);; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (error) {
      const missing = (error as { code?: unknown }).code === "ENOENT";
      if (!missing || folder === dirname(folder)) throw error;
    }
  }
}
