/**
 * No file that a run goes through calls what each JavaScript engine rounds as it likes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join, resolve } from "@std/path";

const SRC = resolve(import.meta.dirname!, "..", "..", "src");
/** Rooms whose numbers are printed and never enter a run. */
const OUTSIDE = ["bench/", "cli/", "report/", "reproduce/", "statistics/"];
/** Written in AssemblyScript, which brings its own. */
const ASSEMBLY = "backend/wasm/assembly/";
/** What every engine computes alike. */
const EXACT = new Set([
  ...["abs", "ceil", "clz32", "f16round", "floor", "fround", "imul", "max", "min", "round", "sign"],
  ...["sqrt", "trunc", "LN2", "PI"],
]);
/** tfjs's operations over `Math`; for `tf.log` the CPU engine has a kernel of its own. */
const INEXACT =
  /\btf\.(?:a?cosh?|a?sinh?|a?tanh?|atan2|elu|erf|exp|expm1|gelu|log1p|log[A-Z]\w*|pow|selu|sigmoid|softmax|softplus)\(/g;

async function* sources(folder = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(SRC, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** The calls in `text`, of the file at `path`, that engines answer differently. */
function inexactCalls(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|\/\/ .*/g, "");
  const math = [...code.matchAll(/\bMath\.(\w+)/g)].filter(([, name]) => !EXACT.has(name!));
  const operations = path.startsWith("backend/composed/") ? [] : [...code.matchAll(INEXACT)];
  // Powers of two by a written number are exact; WebGPU's kernels count taps by squares of small integers.
  const powers = [...code.matchAll(/(\w+)\)? \*\* \(?(-?[\w.]+)/g)].filter(([, base, exponent]) =>
    !(base === "2" && /^\d+$/.test(exponent!)) &&
    !(path.startsWith("backend/webgpu/") && exponent === "2")
  );
  return [...math, ...operations, ...powers].map(([call]) => `${path}: ${call}`);
}

Deno.test("inexactCalls() finds functions of Math, powers and operations of tfjs over them", () => {
  const text = `// Math.log
    Math.sqrt(x) + Math.exp(x) + 2 ** 20 + x ** 2 + (a + b) ** -3; tf.softmax(z); tf.log(z)`;
  assert.deepEqual(inexactCalls("a.ts", text), [
    ...["a.ts: Math.exp", "a.ts: tf.softmax(", "a.ts: x ** 2", "a.ts: b) ** -3"],
  ]);
});

Deno.test("what enters a run is computed by src/elementary/, not by the engine's Math", async () => {
  const found: string[] = [];
  for await (const path of sources()) {
    if ([...OUTSIDE, ASSEMBLY].some((room) => path.startsWith(room))) continue;
    found.push(...inexactCalls(path, await Deno.readTextFile(join(SRC, path))));
  }
  assert.deepEqual(found, []);
});
