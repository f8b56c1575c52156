import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { pathToFileURL } from "node:url";
import { sourceDigest, VERSION } from "../../src/run/program_version.ts";
import { ROOT } from "../cli/memloss.ts";
import { withDirectory } from "../data/made_cifar10.ts";

const SOURCE = join(ROOT, "src", "run", "program_version.ts");

/** The digest function of the program in `path`, a copy of the real module. */
async function digestAt(path: string): Promise<() => Promise<string>> {
  await Deno.copyFile(SOURCE, path);
  const module: typeof import("../../src/run/program_version.ts") = await import(
    pathToFileURL(path).href
  );
  return module.sourceDigest;
}

/** Runs `body` with the root of a small source tree that holds a copy of the module. */
async function withProgram(
  body: (src: string, digest: () => Promise<string>) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    await Deno.copyFile(join(ROOT, "deno.json"), join(directory, "deno.json"));
    const src = join(directory, "src");
    await Deno.mkdir(join(src, "run"), { recursive: true });
    await Deno.writeTextFile(join(src, "main.ts"), "run();\n");
    await body(src, await digestAt(join(src, "run", "program_version.ts")));
  });
}

Deno.test("VERSION is the one in deno.json", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  assert.equal(VERSION, version);
});

Deno.test("sourceDigest() is the SHA-256 of this source tree", async () => {
  const digest = await sourceDigest();
  assert.match(digest, /^[0-9a-f]{64}$/);
  assert.equal(await sourceDigest(), digest);
});

Deno.test("sourceDigest() changes with a source file's content, name and presence", async () => {
  await withProgram(async (src, digest) => {
    const seen = [await digest()];
    const note = async () => seen.push(await digest());
    await Deno.writeTextFile(join(src, "main.ts"), "walk();\n");
    await note();
    await Deno.rename(join(src, "main.ts"), join(src, "Main.ts"));
    await note();
    await Deno.mkdir(join(src, "cli"));
    await Deno.writeTextFile(join(src, "cli", "eval.ts"), "");
    await note();
    assert.equal(new Set(seen).size, 4);
    for (const one of seen) assert.match(one, /^[0-9a-f]{64}$/);
  });
});

Deno.test("sourceDigest() does not depend on where the tree lies, how it is listed or what else lies in it", async () => {
  const seen: string[] = [];
  await withProgram(async (_, digest) => void seen.push(await digest()));
  await withProgram(async (src, digest) => {
    await Deno.writeTextFile(join(src, "notes.md"), "no source");
    const { readDir } = Deno;
    Deno.readDir = async function* (path) {
      yield* (await Array.fromAsync(readDir(path))).reverse();
    };
    try {
      seen.push(await digest());
    } finally {
      Deno.readDir = readDir;
    }
  });
  assert.equal(seen[0], seen[1]);
});

Deno.test("sourceDigest() of a bundle is its one file's", async () => {
  await withDirectory(async (directory) => {
    await Deno.copyFile(join(ROOT, "deno.json"), join(directory, "deno.json"));
    const bundle = join(directory, "app", "bin", "memloss.ts");
    await Deno.mkdir(join(directory, "app", "bin"), { recursive: true });
    const digest = await digestAt(bundle);
    const bytes = await Deno.readFile(bundle);
    assert.equal(await digest(), createHash("sha256").update(bytes).digest("hex"));
    await Deno.remove(bundle);
    assert.equal(await digest(), "unknown");
  });
});
