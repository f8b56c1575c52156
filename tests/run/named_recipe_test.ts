import assert from "node:assert/strict";
import { join } from "@std/path";
import { resolveRecipe } from "../../src/recipe/resolve.ts";
import { OWN_RECIPES, readNamedRecipe } from "../../src/run/named_recipe.ts";
import { readRecipeFile } from "../../src/run/recipe_file.ts";
import { encodeRunRecord, type RunRecord } from "../../src/run/run_record.ts";
import { inTemporary } from "../memory/support.ts";

const RECORD: RunRecord = {
  format: 2,
  program: { version: "0.1.0", digest: "0" },
  machine: { backend: "wasm", adapter: "here", deno: "2.9.6" },
  dataSha256: "0",
  recipe: resolveRecipe({ variant: "v2", beta: 5 }),
};

const RECIPES = join(import.meta.dirname!, "../../recipes");

Deno.test("readNamedRecipe() knows every recipe of the project's by its name", async () => {
  const files = (await Array.fromAsync(Deno.readDir(RECIPES))).map(({ name }) => name);
  assert.deepEqual(files.sort(), Object.keys(OWN_RECIPES).map((name) => `${name}.json`).sort());
  for (const name of Object.keys(OWN_RECIPES)) {
    const { recipe, where } = await readNamedRecipe(name);
    assert.deepEqual(recipe, await readRecipeFile(join(RECIPES, `${name}.json`)));
    assert.equal(where, name);
    assert.equal(resolveRecipe(recipe).variant, "v1");
  }
});

Deno.test("readNamedRecipe() takes a run by its folder, and a file by its path", () =>
  inTemporary(async (folder) => {
    const run = join(folder, "memloss-v1"), path = join(run, "recipe.json");
    await Deno.mkdir(run);
    await Deno.writeTextFile(path, encodeRunRecord(RECORD));
    const read = { recipe: await readRecipeFile(path), where: path };
    assert.deepEqual(await readNamedRecipe(run), read);
    assert.deepEqual(await readNamedRecipe(path), read);
  }));

Deno.test("readNamedRecipe() refuses what is none of them, and says what there is", () =>
  inTemporary(async (folder) => {
    const refuses = (name: string, message: string) =>
      assert.rejects(readNamedRecipe(name), { name: "UsageError", message });
    await refuses(folder, `${folder} is not a run folder: it has no recipe.json.`);
    await refuses(
      "memloss-fats",
      "--recipe memloss-fats does not exist: did you mean memloss-fast?",
    );
    const none = join(folder, "none.json");
    await refuses(
      none,
      `--recipe ${none} does not exist: name a file, the folder of a run, or one of memloss-v1, memloss-fast, memloss-best.`,
    );
  }));
