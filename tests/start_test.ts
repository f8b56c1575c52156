import assert from "node:assert/strict";
import { resolve } from "@std/path";
import { startDeno } from "./testing/program.ts";

interface Module {
  readonly specifier: string;
  /** Bytes of its text; what Deno itself has is none. */
  readonly size?: number;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Every module that is loaded before the program looks at its command line, and its bytes. */
async function loadedAtStart(): Promise<Map<string, number>> {
  const root = resolve(import.meta.dirname!, "..");
  const { code, stdout, stderr } = await startDeno(["info", "--json", "src/main.ts"], root).ended;
  assert.equal(code, 0, stderr);
  const modules = new Map(
    (JSON.parse(stdout).modules as Module[]).map((module) => [module.specifier, module]),
  );
  const loaded = new Map<string, number>();
  const load = (specifier: string | undefined) => {
    if (specifier === undefined || loaded.has(specifier)) return;
    const { size = 0, dependencies = [] } = modules.get(specifier) ?? {};
    loaded.set(specifier, size);
    for (const { code, isDynamic } of dependencies) {
      if (!isDynamic) load(code?.specifier);
    }
  };
  load(`file://${root}/src/main.ts`);
  return loaded;
}

Deno.test("memloss --help and --version wait for no engine and no command", async () => {
  const sizes = await loadedAtStart(), loaded = [...sizes.keys()];
  assert.ok(loaded.some((specifier) => specifier.endsWith("/src/cli/summaries.ts")));
  const slow = /tensorflow|\/src\/(train|evaluate|backend|cli\/(train|eval|memory)\.ts)/;
  assert.deepEqual(loaded.filter((specifier) => slow.test(specifier)), []);
  // Fifteen modules of 43 KiB in all take 0.06 s of processor time.
  assert.ok(loaded.length <= 20, `${loaded.length} modules: ${loaded.join(" ")}`);
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(bytes > 0 && bytes <= 60_000, `${bytes} bytes`);
});
