/** Files of a memory with anything in them: what is read is right, or an error says which file it is. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import fc from "fast-check";
import { RunError, UsageError } from "../../src/errors.ts";
import { sameBytes } from "../../src/format/bytes.ts";
import { decodeCurrent, encodeCurrent, readCurrentFile } from "../../src/memory/current.ts";
import { decodeManifest, encodeManifest } from "../../src/memory/generation/manifest.ts";
import { rebuildIndex } from "../../src/memory/index/rebuild.ts";
import { type MemorySettings, MemoryStore } from "../../src/memory/store.ts";
import { verifyMemory } from "../../src/memory/verify.ts";
import { assertHolds, commitOf, order, settings } from "./store_support.ts";
import { mutations } from "../testing/mutations.ts";
import { inTemporary, writeExamples } from "./support.ts";

const SMALL: MemorySettings = { ...settings, imageCount: 3 };
const COMMITTED = "is not the checkpoint that was committed";
const IDS = order(1, 3).subarray(0, 2);

async function makeMemory(directory: string): Promise<void> {
  const store = await MemoryStore.open(directory, SMALL);
  await store.begin(1);
  await writeExamples(store, 1, IDS);
  await store.commit(commitOf(1, true));
  await store.close();
}

function assertSentence(error: unknown): void {
  assert.ok(error instanceof RunError || error instanceof UsageError, String(error));
  assert.ok(!error.message.includes("\n"), error.message);
}

/** Asserts that a reader of `directory` gives back what was written or ends with a sentence. */
async function assertRightOrRefused(directory: string): Promise<boolean> {
  let reader: MemoryStore | undefined;
  try {
    reader = await MemoryStore.openReadOnly(directory);
    await reader.read(1, IDS);
  } catch (error) {
    assertSentence(error);
    await reader?.close();
    return false;
  }
  await assertHolds(reader, 1, IDS);
  await reader.close();
  return true;
}

for (
  const [file, numRuns] of [["generation-0001/chunk-0000.bin", 1500], [
    "generation-0001/manifest.json",
    700,
  ], ["current.json", 700]] as const
) {
  Deno.test(`a memory with anything in ${file} is read right or refused`, () =>
    inTemporary(async (directory) => {
      await makeMemory(directory);
      const path = join(directory, file);
      const whole = await Deno.readFile(path);
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(mutations(whole), async ({ bytes }) => {
          await Deno.writeFile(path, bytes);
          const readable = await assertRightOrRefused(directory);
          if (!readable) refused++;
          const same = sameBytes(bytes, whole);
          const options = { index: false, checkpointPath: () => path };
          // The checkpoint is none here.
          const found = await verifyMemory(directory, options).then(
            ({ damage }) => damage.filter(({ fault }) => !fault.endsWith(COMMITTED)).length,
            (error) => (assertSentence(error), 1),
          );
          assert.ok(same ? readable && found === 0 : found > 0);
        }),
        { numRuns },
      );
      assert.ok(refused > numRuns / 2, `${refused} refused`);
    }));
}

Deno.test("decodeManifest() and decodeCurrent() refuse any JSON that is not theirs, with a sentence", () => {
  const text = fc.oneof(
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ format: "memloss-memory", version: 2, value })),
  );
  fc.assert(
    fc.property(text, (text) => {
      const bytes = new TextEncoder().encode(text);
      assert.throws(
        () => decodeManifest(bytes, "m.json"),
        (error) => (assertSentence(error), true),
      );
      assert.equal(decodeCurrent(bytes), undefined);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("a memory whose manifest was changed together with its digest gives back nothing wrong", () =>
  inTemporary(async (directory) => {
    await makeMemory(directory);
    const path = join(directory, "generation-0001", "manifest.json");
    const manifest = decodeManifest(await Deno.readFile(path), path);
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex());
    const changed = fc.record({
      epoch: fc.nat(3),
      records: fc.nat(5),
      images: fc.nat(2000),
      epsilon: fc.double({ min: 1e-3, max: 1, noNaN: true }),
      index: digest,
      dataSha256: digest,
      chunks: fc.array(
        fc.record({
          file: fc.constantFrom("chunk-0000.bin", "chunk-0001.bin"),
          records: fc.integer({ min: 1, max: 1024 }),
          sha256: digest,
        }),
        { maxLength: 3 },
      ),
    }, { requiredKeys: [] });
    const current = (await readCurrentFile(directory))!;
    await fc.assert(
      fc.asyncProperty(changed, async (changes) => {
        const bytes = encodeManifest({ ...manifest, ...changes });
        await Deno.writeFile(path, bytes);
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        const generations = [{ ...current.commit!.generations[0]!, sha256 }];
        const commit = { ...current.commit!, generations };
        await Deno.writeFile(
          join(directory, "current.json"),
          encodeCurrent({ ...current, commit }),
        );
        await assertRightOrRefused(directory);
      }),
      { numRuns: 300 },
    );
  }));

Deno.test("an index with anything in it is read right or refused, and made anew", () =>
  inTemporary(async (directory) => {
    await makeMemory(directory);
    const path = join(directory, "index.kv");
    const whole = await Deno.readFile(path);
    let refused = 0, run = 0;
    await fc.assert(
      fc.asyncProperty(mutations(whole), async ({ bytes }) => {
        for (const suffix of ["-wal", "-shm", "-journal"]) {
          await Deno.remove(path + suffix).catch(() => {});
        }
        await Deno.writeFile(path, bytes);
        let store: MemoryStore | undefined;
        try {
          store = await MemoryStore.open(directory, SMALL);
          await assertHolds(store, 1, IDS);
        } catch (error) {
          assertSentence(error);
          refused++;
        } finally {
          await store?.close();
        }
        if (run++ % 10 !== 0) return;
        await rebuildIndex(directory);
        const rebuilt = await MemoryStore.open(directory, SMALL);
        await assertHolds(rebuilt, 1, IDS);
        await rebuilt.close();
      }),
      { numRuns: 300 },
    );
    assert.ok(refused > 30, `${refused} refused`);
  }));
