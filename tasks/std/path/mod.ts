/**
 * A stand-in for the part of `jsr:@std/path@1.1.6` that the program uses, with paths as strings.
 * `node:path` agrees with the original on `join`, `resolve` and `isAbsolute`, but not on every
 * directory and base name.
 */
import { basename as nodeBasename, dirname as nodeDirname } from "node:path";

export { isAbsolute, join, resolve } from "node:path";

/**
 * The last part of a path, trailing separators aside. As in the coreutils, the root is its own name
 * and a suffix that is the whole name stays.
 */
export function basename(path: string, suffix = ""): string {
  // Where node:path finds no name, the path is empty or a root.
  const name = nodeBasename(path) || (/[\\/]/.exec(path)?.[0] ?? "");
  return name.length > suffix.length && name.endsWith(suffix)
    ? name.slice(0, name.length - suffix.length)
    : name;
}

/** The path without its last part and the separators before that; `"."` if nothing is left. */
export function dirname(path: string): string {
  // Only "/", on Windows too: this is what the original strips.
  return nodeDirname(path).replace(/(?<!^)\/+$/, "");
}
