import assert from "node:assert/strict";
import { join } from "@std/path";
import { judge, type Outcome, runExamples, runTestFile } from "../../../tasks/test/process.ts";
import { withDirectory } from "../../data/made_cifar10.ts";

/** Ends the process as a fault in a library does. */
const ABORT = `new Deno.Command("kill", { args: ["-ABRT", \`\${Deno.pid}\`] }).outputSync();`;

/** What comes of a test file that contains `lines`. */
async function outcomeOf(lines: readonly string[], filter?: string): Promise<Outcome> {
  let outcome: Outcome | undefined;
  await withDirectory(async (directory) => {
    const file = join(directory, "made_test.ts");
    await Deno.writeTextFile(file, lines.join("\n"));
    outcome = await runTestFile(file, { filter, webGpu: false });
  });
  return outcome!;
}

function counts({ passed, failed, ignored, signal }: Omit<Outcome, "output">) {
  return { passed, failed, ignored, signal };
}

Deno.test("runTestFile() counts the tests of a file and keeps what they print", async () => {
  const outcome = await outcomeOf([
    `Deno.test("one", () => console.log("from inside"));`,
    `Deno.test("steps", async (t) => void await t.step("a step", () => {}));`,
    `Deno.test.ignore("two", () => {});`,
    `Deno.test("three", () => { throw new Error("what is wrong"); });`,
  ]);
  assert.deepEqual(counts(outcome), { passed: 2, failed: 1, ignored: 1, signal: undefined });
  assert.match(outcome.output, /from inside[^]*Error: what is wrong/);
});

Deno.test("runTestFile() judges a process that a signal ends after its tests by their results", async () => {
  // The thread that reports gets the time to do so.
  const wait = `new Deno.Command("sleep", { args: ["0.5"] }).outputSync();`;
  const atExit = `addEventListener("unload", () => { ${wait} ${ABORT} });`;
  const passed = `Deno.test("passes", () => {});`;
  const good = await outcomeOf([passed, passed, atExit]);
  assert.deepEqual(counts(good), { passed: 2, failed: 0, ignored: 0, signal: "SIGABRT" });
  const bad = await outcomeOf([passed, `Deno.test("fails", () => { throw 1; });`, atExit]);
  assert.deepEqual(counts(bad), { passed: 1, failed: 1, ignored: 0, signal: undefined });
});

Deno.test("runTestFile() fails a process that a signal ends before its last test is over", async () => {
  const outcome = await outcomeOf([
    `Deno.test("passes", () => {});`,
    // What looks like the result of the test that never comes.
    `Deno.test("prints", () => console.log("lost ... ok (1ms)"));`,
    `Deno.test("lost", () => { ${ABORT} });`,
  ]);
  // Those before may be lost with it, if their results were still to be printed.
  const { passed, ...others } = counts(outcome);
  assert.ok(passed <= 2);
  assert.deepEqual(others, { failed: 1, ignored: 0, signal: undefined });
  const first = await outcomeOf([ABORT, `Deno.test("never registered", () => {});`]);
  assert.deepEqual(counts(first), { passed: 0, failed: 1, ignored: 0, signal: undefined });
});

Deno.test("runTestFile() fails a file that fails outside its tests", async () => {
  const passes = `Deno.test("passes", () => {});`;
  for (
    const { line, passed } of [
      { line: `throw new Error("at the top");`, passed: 0 },
      { line: `Deno.test.beforeAll(() => { throw new Error("before"); });`, passed: 0 },
      { line: `Deno.test.afterAll(() => { throw new Error("after"); });`, passed: 1 },
      { line: "this is no TypeScript", passed: 0 },
    ]
  ) {
    const outcome = await outcomeOf([passes, line]);
    assert.deepEqual(counts(outcome), { passed, failed: 1, ignored: 0, signal: undefined }, line);
  }
});

Deno.test("runTestFile() runs the tests that the filter names", async () => {
  const lines = ["one", "two", "three"].map((name) => `Deno.test("${name}", () => {});`);
  assert.equal((await outcomeOf(lines, "/^t/")).passed, 2);
  assert.equal((await outcomeOf(lines, "one")).passed, 1);
  assert.equal((await outcomeOf(lines, "four")).passed, 0);
});

Deno.test("runTestFile() hides every WebGPU adapter from a file without webGpu", async () => {
  const { passed } = await outcomeOf([
    `const adapter = await navigator.gpu.requestAdapter();`,
    `Deno.test("there is none", () => { if (adapter !== null) throw new Error("one"); });`,
  ]);
  assert.equal(passed, 1);
});

Deno.test("runExamples() runs the examples of all files, and fails where one fails or has a wrong type", () =>
  withDirectory(async (directory) => {
    const outcomeOf = async (...examples: string[]) => {
      for (const [i, code] of examples.entries()) {
        const text = `/**\n * \`\`\`ts\n * ${code}\n * \`\`\`\n */\nexport const a${i} = 1;\n`;
        await Deno.writeTextFile(join(directory, `made${i}.ts`), text);
      }
      return counts(await runExamples([directory], { webGpu: false }));
    };
    const none = { ignored: 0, signal: undefined };
    const fails = await outcomeOf("a0 + 1;", "throw a1;");
    assert.deepEqual(fails, { passed: 1, failed: 1, ...none });
    assert.deepEqual(await outcomeOf("a0.length;"), { passed: 0, failed: 1, ...none });
  }));

Deno.test("judge() counts the tests of all modules that a process reports", () => {
  const report = ["a", "b"].map((name) => `running 1 test from ./${name}\n${name} ... ok (1ms)\n`);
  const all = { passed: 2, failed: 0, ignored: 0 };
  assert.deepEqual(judge(report.join(""), 139, "SIGSEGV"), { ...all, signal: "SIGSEGV" });
  const torn = report.join("").replace("b ... ok (1ms)\n", "");
  assert.deepEqual(judge(torn, 139, "SIGSEGV"), { passed: 1, failed: 1, ignored: 0 });
});

Deno.test("judge() fails a process that was killed while it still had tests to report", () => {
  const report = "running 3 tests from ./a_test.ts\none ... ok (1ms)\ntwo ... ok (1ms)\nthree ...";
  const lost = { passed: 2, failed: 1, ignored: 0 };
  assert.deepEqual(judge(report, 137, "SIGKILL"), lost);
  const all = { passed: 3, failed: 0, ignored: 0 };
  assert.deepEqual(judge(`${report} ok (1ms)\n`, 139, "SIGSEGV"), { ...all, signal: "SIGSEGV" });
  // A panic is no signal.
  assert.deepEqual(judge(`${report} ok (1ms)\n`, 101, null), { ...all, failed: 1 });
});
