/**
 * Which program made a run: its version and a digest of its source.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { createHash } from "node:crypto";
import configuration from "../../deno.json" with { type: "json" };

/** The program's version, from deno.json. */
export const VERSION: string = configuration.version;

/** Where this module lies in the source tree; in a bundle there is one file and no tree. */
const OWN_PATH = join("src", "run", "program_version.ts");

/**
 * SHA-256 over the program's own code: all of `src/` (path and content of each file, sorted) when it runs from source,
 * its one file when it is bundled; `unknown` where that file cannot be read.
 */
export async function sourceDigest(): Promise<string> {
  const self = import.meta.filename;
  if (self === undefined) return "unknown";
  const hash = createHash("sha256");
  if (self.endsWith(OWN_PATH)) {
    const root = resolve(self, "..", "..");
    for (const path of (await sourceFiles(root, "")).sort()) {
      hash.update(path).update("\0").update(await Deno.readFile(join(root, path)));
    }
  } else {
    try {
      hash.update(await Deno.readFile(self));
    } catch {
      return "unknown";
    }
  }
  return hash.digest("hex");
}

/** What records of results say of the program that made them. */
export async function thisProgram(): Promise<{ version: string; digest: string }> {
  return { version: VERSION, digest: await sourceDigest() };
}

async function sourceFiles(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(join(root, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) paths.push(...await sourceFiles(root, path));
    else if (entry.name.endsWith(".ts")) paths.push(path);
  }
  return paths;
}
