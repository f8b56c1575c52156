/** What `deno doc --lint` does not ask of mod.ts. */
import assert from "node:assert/strict";
import { resolve } from "@std/path";
import { startDeno } from "./testing/program.ts";

interface Documented {
  readonly name: string;
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
}

interface Property extends Documented {
  readonly optional: boolean;
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def: { readonly properties?: readonly Property[] };
}

/** Interfaces that a caller fills in. */
const OPTIONS = /(?:Options|Settings|Choice|Recipe|Schedule|Objective|ModelConfig|Images)$/;
/** Parts of a recipe: what they default to stands in them. */
const SECTIONS = ["Recipe.attack", "Recipe.memory"];

/** The declarations that `mod.ts` exports. */
async function frontDoor(): Promise<Declaration[]> {
  const root = resolve(import.meta.dirname!, "..");
  const { code, stdout, stderr } = await startDeno(["doc", "--json", "mod.ts"], root).ended;
  assert.equal(code, 0, stderr);
  type Symbols = readonly { readonly name: string; readonly declarations: Declaration[] }[];
  const modules: Record<string, { symbols: Symbols }> = JSON.parse(stdout).nodes;
  return Object.values(modules).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) => declarations.map((each) => ({ ...each, name })))
  );
}

function has({ jsDoc }: Documented, tag: string): boolean {
  return jsDoc?.tags?.some(({ kind }) => kind === tag) ?? false;
}

Deno.test("every function and class of mod.ts has an example", async () => {
  const callable = (await frontDoor()).filter(({ kind }) =>
    kind === "function" || kind === "class"
  );
  assert.ok(callable.length > 30, `${callable.length} of them`);
  assert.deepEqual(callable.filter((each) => !has(each, "example")).map(({ name }) => name), []);
});

Deno.test("every option of mod.ts has its default", async () => {
  const options = (await frontDoor())
    .filter(({ kind, name }) => kind === "interface" && OPTIONS.test(name))
    .flatMap(({ name, def }) =>
      (def.properties ?? []).map((property) => ({ ...property, name: `${name}.${property.name}` }))
    )
    .filter(({ name, optional }) => optional && !SECTIONS.includes(name));
  assert.ok(options.length > 40, `${options.length} of them`);
  assert.deepEqual(options.filter((each) => !has(each, "default")).map(({ name }) => name), []);
});
