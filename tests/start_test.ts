import assert from "node:assert/strict";
import { resolve } from "@std/path";
import { startDeno } from "./testing/program.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Every module that is loaded before the program looks at its command line. */
async function loadedAtStart(): Promise<Set<string>> {
  const root = resolve(import.meta.dirname!, "..");
  const { code, stdout, stderr } = await startDeno(["info", "--json", "src/main.ts"], root).ended;
  assert.equal(code, 0, stderr);
  const modules = new Map(
    (JSON.parse(stdout).modules as Module[]).map((module) => [module.specifier, module]),
  );
  const loaded = new Set<string>();
  const load = (specifier: string | undefined) => {
    if (specifier === undefined || loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of modules.get(specifier)?.dependencies ?? []) {
      if (!isDynamic) load(code?.specifier);
    }
  };
  load(`file://${root}/src/main.ts`);
  return loaded;
}

Deno.test("memloss --help and --version wait for no engine and no command", async () => {
  const loaded = [...await loadedAtStart()];
  assert.ok(loaded.some((specifier) => specifier.endsWith("/src/cli/summaries.ts")));
  const slow = /tensorflow|\/src\/(train|evaluate|backend|cli\/(train|eval|memory)\.ts)/;
  assert.deepEqual(loaded.filter((specifier) => slow.test(specifier)), []);
  assert.ok(loaded.length < 40, `${loaded.length} modules`);
});
