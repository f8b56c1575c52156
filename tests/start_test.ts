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

const root = resolve(import.meta.dirname!, "..");

/** Every module that is loaded before the program looks at its command line, and its bytes. */
async function loadedAtStart(): Promise<Map<string, number>> {
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
  // Twelve modules of the program's own, of 34 kB, take most of 0.06 s of processor time; of libraries there is
  // little, and how they are cut into modules is theirs.
  const own = [...sizes].filter(([specifier]) => specifier.startsWith(`file://${root}/src/`));
  assert.ok(own.length <= 16, `${own.length} modules: ${own.join(" ")}`);
  const bytes = own.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(bytes > 0 && bytes <= 45_000, `${bytes} bytes`);
});
