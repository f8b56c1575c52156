import assert from "node:assert/strict";
import { originOf, publicRecipe } from "../../src/publish/origin.ts";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { recordOf } from "../testing/runs.ts";

Deno.test("publicRecipe() has no place of a file or a service, and everything else", () => {
  const places = { dataDir: "/home/me/data", from: "/home/me/w.pt" };
  const recipe = resolveRecipe({
    ...{ ...places, variant: "v1" },
    memory: { index: "http://me.example", age: 2 },
  });
  const { memory: { index: _, ...memory } = {}, ...rest } = recipe;
  const { dataDir: _data, from: _from, ...expected } = rest;
  assert.deepEqual(publicRecipe(recipe), { ...expected, memory });
  assert.doesNotMatch(JSON.stringify(publicRecipe(recipe)), /\bme\b/);
  const standard = resolveRecipe({ variant: "standard" });
  assert.deepEqual(publicRecipe(standard), standard);
  const own = resolveRecipe({ variant: "hat", helper: "auto" });
  assert.deepEqual(publicRecipe(own), own);
  const { helper: _helper, ...hat } = own;
  assert.deepEqual(publicRecipe(resolveRecipe({ variant: "hat", helper: "/home/me/run" })), hat);
});

Deno.test("originOf() says of a run that was stopped how far it came", () => {
  const recipe = resolveRecipe({ variant: "v1", epochs: 400 }), record = recordOf(recipe);
  const run = { directory: "run", link: "last", recipe } as const;
  const subject = { path: "epoch-001.safetensors", sha256: "0", tensors: new Map(), run };
  const { "memloss.trained": said, ...rest } = originOf({ subject, record, stoppedAfter: 1 });
  assert.equal(said, "1 of 400 epochs, not to the end");
  assert.deepEqual(originOf({ subject, record }), rest);
});
