/**
 * Folders before and after.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";

/** Everything below `directory` by relative path: a file's SHA-256, a link's target, `/` for a folder. */
export async function snapshot(directory: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isSymlink) found.set(name, `-> ${await Deno.readLink(path)}`);
    else if (isDirectory) {
      found.set(name, "/");
      for (const [inner, content] of await snapshot(path)) found.set(`${name}/${inner}`, content);
    } else found.set(name, createHash("sha256").update(await Deno.readFile(path)).digest("hex"));
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Copies the folder `from`, links as links, to `to`, which must not exist. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(from)) {
    const source = join(from, name), target = join(to, name);
    if (isSymlink) await Deno.symlink(await Deno.readLink(source), target);
    else if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}
