/**
 * Files on disk: an operating system's refusal as one sentence, and the SHA-256 of a file of any size.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { RunError } from "../errors.ts";
import { describeIoError } from "../disk/files.ts";

/**
 * What `write` returns, where `write` creates, writes, renames or removes `path`.
 *
 * @throws {RunError} when the operating system refuses
 */
export async function onDisk<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    throw new RunError(
      `Could not write "${path}": ${
        describeIoError(cause)
      }; make room or choose another directory, and run the ` +
        "command again.",
      { cause },
    );
  }
}

/** Writes all of `bytes` at the file's position. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Size of the file at `path` in bytes, or undefined when no file can be seen there. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const stat = await Deno.stat(path);
    return stat.isFile ? stat.size : undefined;
  } catch {
    return undefined;
  }
}

/** Whether anything can be seen at `path`, be it a dangling link. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** SHA-256 of the file at `path` as 64 lower-case hexadecimal digits, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
