/**
 * Which test files there are, and which of them use WebGPU.
 *
 * @module
 */
import { join, resolve } from "@std/path";

const TESTS = join(import.meta.dirname!, "..", "..", "tests");
/** Whoever uses WebGPU in a test imports this, itself or through others: it says whether there is an adapter. */
const ADAPTER = join(TESTS, "testing", "webgpu", "adapter.ts");
/** An import of another file, of names or for its effect. */
const IMPORT = /\b(?:from|import)\s*\(?"(\.[^"]+)"/g;

/** The test files among `paths` and below them, in the order of their names. */
export async function findTestFiles(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (!(await Deno.stat(path)).isDirectory) {
      found.add(path);
      return;
    }
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory || name.endsWith("_test.ts")) await visit(join(path, name));
    }
  };
  for (const path of paths) await visit(path);
  return [...found].sort();
}

/** Whether the test file `path` imports what opens a WebGPU adapter, itself or through other files of the tests. */
export async function usesWebGpu(path: string): Promise<boolean> {
  const seen = new Set<string>();
  const reaches = async (module: string): Promise<boolean> => {
    if (module === ADAPTER) return true;
    if (seen.has(module)) return false;
    seen.add(module);
    // A script that a test has as text imports from elsewhere.
    const text = await Deno.readTextFile(module).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    for (const [, specifier] of text.matchAll(IMPORT)) {
      const imported = resolve(module, "..", specifier!);
      if (imported.startsWith(TESTS) && await reaches(imported)) return true;
    }
    return false;
  };
  return await reaches(resolve(path));
}
