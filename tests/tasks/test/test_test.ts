import assert from "node:assert/strict";
import { join } from "@std/path";
import { deno } from "../../cli/memloss.ts";
import { withDirectory } from "../../data/made_cifar10.ts";

const PASSES = `Deno.test("passes", () => {});\n`;
const FAILS = `Deno.test("fails", () => { throw new Error("what is wrong"); });\n`;
/** After a while, in which the results are printed. */
const ABORTS_AT_EXIT = `addEventListener("unload", () => {
  new Deno.Command("sleep", { args: ["0.5"] }).outputSync();
  new Deno.Command("kill", { args: ["-ABRT", \`\${Deno.pid}\`] }).outputSync();
});\n`;

/** Runs the task on test files with `contents`; its exit code and what it printed. */
async function run(contents: Readonly<Record<string, string>>, ...flags: string[]) {
  let outcome: { readonly code: number; readonly lines: string[] } | undefined;
  await withDirectory(async (directory) => {
    for (const [name, text] of Object.entries(contents)) {
      await Deno.writeTextFile(join(directory, `${name}_test.ts`), text);
    }
    const permissions = ["--allow-read", "--allow-run"];
    const { code, stdout } = await deno(
      "run",
      ...permissions,
      "tasks/test.ts",
      ...flags,
      directory,
    );
    outcome = { code, lines: stdout.trimEnd().replaceAll(directory, "").split("\n") };
  });
  return outcome!;
}

Deno.test("deno task test tells of each file and ends with the totals", async () => {
  const { code, lines } = await run({ a: PASSES + PASSES, b: PASSES });
  assert.equal(code, 0);
  assert.equal(lines.at(-1), "3 passed, 0 failed");
  for (const [file, count] of [["a", 2], ["b", 1]]) {
    const line = new RegExp(`^ok /${file}_test\\.ts: ${count} passed \\(\\d+\\.\\d s\\)$`);
    assert.ok(lines.some((each) => line.test(each)), `${file}: ${lines.join("\n")}`);
  }
});

Deno.test("deno task test shows what failed, names the file and exits with 1", async () => {
  const { code, lines } = await run({ a: PASSES, b: FAILS + PASSES });
  assert.equal(code, 1);
  assert.equal(lines.at(-1), "2 passed, 1 failed");
  assert.equal(lines.at(-2), "Failed: /b_test.ts");
  assert.match(lines.join("\n"), /^error: Error: what is wrong$/m);
});

Deno.test("deno task test passes, and says so, when a process ends by a signal after its tests", async () => {
  const { code, lines } = await run({ a: PASSES + ABORTS_AT_EXIT, b: PASSES });
  assert.equal(code, 0);
  assert.equal(lines.at(-1), "2 passed, 0 failed");
  assert.match(
    lines.join("\n"),
    /^ok \/a_test\.ts: 1 passed, then ended by SIGABRT: every test had passed before \(/m,
  );
});

Deno.test("deno task test --filter runs the tests of that name, and fails when there is none", async () => {
  const some = await run({ a: PASSES, b: FAILS }, "--filter", "passes");
  assert.deepEqual([some.code, some.lines.at(-1)], [0, "1 passed, 0 failed"]);
  assert.ok(!some.lines.some((line) => line.includes("b_test.ts")));
  const none = await run({ a: PASSES }, "--filter", "another");
  assert.deepEqual([none.code, none.lines.at(-1)], [1, "0 passed, 0 failed"]);
});
