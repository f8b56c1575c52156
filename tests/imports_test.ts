/**
 * The structure that ARCHITECTURE.md draws, held against what the files import.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join, resolve } from "@std/path";
import { startDeno } from "./testing/program.ts";

const ROOT = resolve(import.meta.dirname!, "..");
/** Compiled by AssemblyScript, whose imports have no file extension. */
const ASSEMBLY = ["src/backend/wasm/assembly/", "src/random/assembly/"];
/** Files of code that a folder may have of its own. */
const MOST_FILES = 14;

/** Every file of `src/` that a front door reaches, with the files that it imports, types and lazy imports included. */
async function importGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  for (const door of ["mod.ts", "src/main.ts"]) {
    const { code, stdout, stderr } = await startDeno(["info", "--json", door], ROOT).ended;
    assert.equal(code, 0, stderr);
    for (const { specifier, dependencies = [] } of JSON.parse(stdout).modules as Module[]) {
      const file = ownFile(specifier);
      if (file === undefined) continue;
      const imported = dependencies.flatMap(({ code, type }) =>
        ownFile((code ?? type)?.specifier) ?? []
      );
      graph.set(file, [...new Set(imported)]);
    }
  }
  return graph;
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

/** The path in the project of a module under `src/`. */
function ownFile(specifier: string | undefined): string | undefined {
  if (!specifier?.startsWith("file://")) return undefined;
  const file = new URL(specifier).pathname.slice(ROOT.length + 1);
  return file.startsWith("src/") ? file : undefined;
}

/** `attack` for `src/attack/autoattack/fab.ts`; `main.ts` and `errors.ts` are rooms of their own. */
const roomOf = (file: string) => file.split("/")[1]!;

/** The rooms from top to bottom, as the first drawing of ARCHITECTURE.md lists them. */
async function drawnOrder(): Promise<string[]> {
  const text = await Deno.readTextFile(join(ROOT, "ARCHITECTURE.md"));
  const drawing = /```\n([^]*?)```/.exec(text)![1]!;
  return [...drawing.matchAll(/^ {2}([\w.]+?)\/? /gm)].map(([, room]) => room!);
}

async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await filesUnder(path));
    else if (name.endsWith(".ts")) files.push(path);
  }
  return files;
}

/** A circle of imports in `graph`, if there is one. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>(), path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
  return undefined;
}

Deno.test("findCircle() names the files of a circle, and finds none in a tree", () => {
  assert.equal(findCircle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), undefined);
  const graph = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]);
  assert.deepEqual(findCircle(graph), ["b", "c", "b"]);
});

Deno.test("imports point down in the order that ARCHITECTURE.md draws, and never in a circle", async () => {
  const graph = await importGraph(), order = await drawnOrder();
  assert.deepEqual(
    [...new Set([...graph.keys()].map(roomOf))].sort(),
    [...order].sort(),
    "every room is drawn once",
  );
  const upwards = [...graph].flatMap(([file, imported]) =>
    imported
      .filter((other) => order.indexOf(roomOf(other)) < order.indexOf(roomOf(file)))
      .map((other) => `${file} imports ${other}`)
  );
  assert.deepEqual(upwards, []);
  assert.equal(findCircle(graph), undefined);
});

Deno.test("every file of src/ is reached from mod.ts or main.ts", async () => {
  const graph = await importGraph();
  const lost = (await filesUnder("src")).filter((file) =>
    !graph.has(file) && !ASSEMBLY.some((folder) => file.startsWith(folder))
  );
  assert.deepEqual(lost, []);
});

Deno.test("no folder has more files of its own than a reader can hold", async () => {
  const folders = new Map<string, number>();
  for (const file of [...await filesUnder("src"), ...await filesUnder("tests")]) {
    folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
  }
  assert.deepEqual([...folders].filter(([, files]) => files > MOST_FILES), []);
});
