import assert from "node:assert/strict";
import { StorageError } from "../../../src/disk/failure.ts";
import { indexFailure } from "../../../src/memory/index/failure.ts";

Deno.test("indexFailure() names the permissions that a service takes, whichever Deno misses first", () => {
  const cause = new Deno.errors.NotCapable('Requires env access to "DENO_KV_ACCESS_TOKEN"');
  const failure = indexFailure("http://localhost:4512/", cause);
  assert.ok(failure instanceof StorageError);
  assert.equal(
    failure.message,
    "Could not use the memory index http://localhost:4512/: run the program from source with deno's " +
      "--allow-net=localhost:4512 and --allow-env=DENO_KV_ACCESS_TOKEN",
  );
  assert.match(
    indexFailure("a/index.kv", cause).message,
    /^Could not use .*a\/index\.kv: this task was/,
  );
});

Deno.test("indexFailure() takes nothing that a service says for damage", () => {
  const cause = new Error("no such database");
  assert.ok(indexFailure("https://host/", cause) instanceof StorageError);
  assert.ok(!(indexFailure("a/index.kv", cause) instanceof StorageError));
});
