import { withRequire } from "../../tasks/compile/bundle.ts";
import assert from "node:assert/strict";
import { dirname, join } from "@std/path";
import { baseFault, baseOf } from "../../tasks/compile/base.ts";
import { binaryTest, compile } from "../binary/compiled.ts";

/** Holds that no binary is made with `args` and the runtime base `denort`, and that what is said matches `sentence`. */
async function refused(denort: string, args: readonly string[], sentence: RegExp): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "memloss-compile-test-" });
  try {
    const output = join(folder, "made", "memloss");
    const { code, stdout, stderr } = await compile(["--output", output, ...args], denort);
    assert.match(stderr, sentence);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    await assert.rejects(Deno.stat(dirname(output)), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno task compile refuses what is no runtime base", async () => {
  await refused(
    "/bin/ls",
    [],
    /^error: DENORT_BIN names "\/bin\/ls", which has nothing of Deno in/m,
  );
  await refused("/nowhere", [], /^error: DENORT_BIN names "\/nowhere", which cannot be read/m);
});

Deno.test("deno task compile keeps no binary that does not work", async () => {
  // All of Deno instead of its base: what is made of it takes our flags for Deno's.
  const sentence =
    /^error: The binary does not work and was not kept: .* it says "deno \d.*: its base is deno, and has to be denort/ms;
  await refused(Deno.execPath(), [], sentence);
});

Deno.test("deno task compile --help says what its flags are and where a runtime base comes from", async () => {
  const { code, stdout } = await compile(["--help"], "");
  assert.equal(code, 0);
  for (const said of ["--target ", "--output ", "--deno ", "dl.deno.land/release/"]) {
    assert.ok(stdout.includes(said), stdout);
  }
});

Deno.test("deno task compile refuses flags that it does not have", async () => {
  await refused("", ["--target", "amiga"], /^error: --target must be one of x86_64-unknown-linux/m);
  await refused("", ["--targte=x"], /^error: Unknown argument --targte=x/m);
  await refused(
    "",
    ["--deno", "/bin/false"],
    /^error: --deno names "\/bin\/false", which is no Deno/m,
  );
});

binaryTest("deno task compile refuses the runtime base of another Deno", async () => {
  const sentence = new RegExp(`which is of Deno 2[.\\d]+, not ${Deno.version.deno}: point it at`);
  await refused(Deno.env.get("MEMLOSS_OTHER_DENORT")!, [], sentence);
});

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("baseOf() takes the base from the front of a program, and a base as it is", () => {
  const base = bytes("base Deno/1.2.3 "), payload = bytes("d3n0l4nd, the program, ");
  const length = new Uint8Array(new BigUint64Array([BigInt(payload.length + 8)]).buffer);
  const program = new Uint8Array([...base, ...payload, ...length]);
  assert.deepEqual(baseOf(program), base);
  assert.deepEqual(baseOf(base), base);
  // A length that leads nowhere.
  assert.deepEqual(baseOf(program.subarray(1, -9)), program.subarray(1, -9));
  assert.deepEqual(baseOf(bytes("short")), bytes("short"));
});

Deno.test("baseFault() names the version that a base is of", () => {
  assert.equal(baseFault(bytes("\xff Deno/1.2.3 \0"), "1.2.3"), undefined);
  assert.equal(baseFault(bytes("Deno/0.8.0 Deno/1.2.3"), "1.2.3"), undefined, "one in a text");
  assert.equal(baseFault(bytes("Deno/1.2.30"), "1.2.3"), "is of Deno 1.2.30, not 1.2.3");
  assert.equal(baseFault(bytes("deno"), "1.2.3"), "has nothing of Deno in it");
});

Deno.test("withRequire() gives a bundle Node's require where Deno has left it without, whatever its short name is", () => {
  const made = (name: string) =>
    `var ${name}=(t=>typeof require<"u"?require:typeof Proxy<"u"?new Proxy(t,{get:(e,r)=>(typeof require<"u"?require:e)[r]}):t)` +
    `(function(t){if(typeof require<"u")return require.apply(this,arguments);throw Error('Dynamic require of "'+t+'" is not ` +
    `supported')});var A=${name}("node:util");`;
  for (const name of ["$d", "d$", "rq"]) {
    assert.equal(
      withRequire(made(name)),
      'import { createRequire as nodesCreateRequire } from "node:module";\n' +
        `var ${name}=nodesCreateRequire(import.meta.url);var A=${name}("node:util");`,
    );
  }
  assert.equal(withRequire("var A=1;"), "var A=1;");
  assert.throws(() => withRequire(`throw Error("Dynamic require of "+t)`), /of another form/);
});
