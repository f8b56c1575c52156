/**
 * Texts that are compared with files: generated code, as a reader of a change wants to see it.
 *
 * @module
 */
import assert from "node:assert/strict";

const UPDATE = "MEMLOSS_UPDATE_SNAPSHOTS";

/**
 * Asserts that `text` is what `snapshots/<name>` beside the test `testUrl` (its `import.meta.url`) holds. With
 * `MEMLOSS_UPDATE_SNAPSHOTS=1` the file is written instead.
 */
export async function assertSnapshot(testUrl: string, name: string, text: string): Promise<void> {
  const file = new URL(`snapshots/${name}`, testUrl);
  if (Deno.env.get(UPDATE) === "1") {
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, text);
    return;
  }
  const expected = await Deno.readTextFile(file).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`There is no snapshot ${name} yet: run with ${UPDATE}=1 to write it.`);
  });
  assert.equal(text, expected, `${name} changed: if that was meant, run with ${UPDATE}=1`);
}
