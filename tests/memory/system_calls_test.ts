import assert from "node:assert/strict";
import { join } from "@std/path";
import { straceFault, type SystemCall, traceScript } from "./system_calls.ts";
import { inTemporary } from "./support.ts";

const SUPPORT = JSON.stringify(new URL("./store_support.ts", import.meta.url).href);
const EXAMPLES = JSON.stringify(new URL("./support.ts", import.meta.url).href);
const STORE = JSON.stringify(new URL("../../src/memory/store.ts", import.meta.url).href);

const missing = await straceFault();
if (missing !== undefined && Deno.env.get("CI") !== "true") {
  console.error(`note: no system calls are traced, strace does not work here: ${missing}`);
}

Deno.test({
  name:
    "MemoryStore.commit() has the system flush chunk, manifest and index before it unlinks the old",
  ignore: missing !== undefined && Deno.env.get("CI") !== "true",
  fn: () =>
    inTemporary(async (temporary) => {
      assert.equal(missing, undefined, "install strace");
      const directory = join(temporary, "memory");
      const calls = await traceScript(
        `
        const { MemoryStore } = await import(${STORE});
        const { commitOf, settings } = await import(${SUPPORT});
        const { writeExamples } = await import(${EXAMPLES});
        const store = await MemoryStore.open(${JSON.stringify(directory)}, settings);
        for (const epoch of [1, 2]) {
          await store.begin(epoch);
          await writeExamples(store, epoch, Uint32Array.of(3, 1, 2));
          await store.commit(commitOf(epoch, true));
        }
        await store.close();`,
        directory,
      );
      const folder = join(directory, "generation-0002");
      // Each step begins after the one before it has ended.
      let after = -1;
      const next = (kind: SystemCall["kind"], path: RegExp | string) => {
        const call = calls.find((call) =>
          call.began > after && call.kind === kind &&
          (typeof path === "string" ? call.path === path : path.test(call.path))
        );
        assert.ok(call, `no ${kind} of ${path} after line ${after} of ${JSON.stringify(calls)}`);
        after = call.ended;
        return call;
      };
      for (const file of ["chunk-0000.bin", "manifest.json"]) {
        next("write", new RegExp(`/generation-0002/${file}\\.tmp-`));
        next("flush", new RegExp(`/generation-0002/${file}\\.tmp-`));
        next("rename", join(folder, file));
        next("flush", folder);
      }
      const sealed = after;
      // The pages of locations, then what is current.
      for (const _ of ["pages", "current"]) {
        next("write", /\/index\.kv-wal$/);
        next("flush", /\/index\.kv-wal$/);
      }
      next("flush", /\/current\.json\.tmp-/);
      const shown = next("rename", join(directory, "current.json"));
      next("flush", directory);
      next("unlink", /\/generation-0001\/chunk-0000\.bin$/);

      const old = calls.filter(({ kind, path }) =>
        kind === "unlink" && path.includes("generation-0001")
      );
      assert.deepEqual(old.filter(({ began }) => began < shown.ended), []);
      // Nothing of the index is still unflushed when readers are told.
      const index = calls.filter(({ path, began }) =>
        path.endsWith("/index.kv-wal") && began > sealed && began < shown.began
      );
      assert.equal(index.at(-1)!.kind, "flush");
    }),
});
