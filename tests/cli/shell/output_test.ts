import assert from "node:assert/strict";
import { join } from "@std/path";

const OUTPUT = join(import.meta.dirname!, "..", "..", "..", "src", "cli", "shell", "output.ts");

/** Runs `code` with what `output.ts` exports, as the PROGRAM of a command line for the shell. */
async function run(code: string, line: string) {
  const program = `const { printMessage, printResult } = await import("${OUTPUT}");\n${code}`;
  const { stdout, stderr, ...status } = await new Deno.Command("sh", {
    args: ["-c", line.replace("PROGRAM", '"$0" eval "$1"'), Deno.execPath(), program],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: status.code, stdout: text(stdout), stderr: text(stderr) };
}

/** /dev/full is Linux's. */
const onLinux = { ignore: Deno.build.os !== "linux" };
const onUnix = { ignore: Deno.build.os === "windows" };

Deno.test("printMessage() writes to stderr, printResult() to stdout", onUnix, async () => {
  const outcome = await run(`printMessage("a note"); printResult("a result");`, "PROGRAM");
  assert.deepEqual(outcome, { code: 0, stdout: "a result\n", stderr: "a note\n" });
});

Deno.test("printMessage() loses the line where stderr cannot be written", onLinux, async () => {
  const program = `for (let i = 0; i < 3; i++) printMessage("a note"); printResult("done");`;
  const lost = { code: 0, stdout: "done\n", stderr: "" };
  assert.deepEqual(await run(program, "PROGRAM 2>/dev/full"), lost);
  // The reader has gone before the first line.
  const late = `await new Promise((go) => setTimeout(go, 300)); ${program}`;
  assert.deepEqual(await run(late, "{ PROGRAM 2>&1 >&3 | true; } 3>&1"), lost);
});

Deno.test("printResult() throws where stdout cannot be written", onLinux, async () => {
  const program = `try { printResult("a result"); } catch (error) { printMessage(String(error)); }`;
  const { stderr } = await run(program, "PROGRAM >/dev/full");
  assert.match(
    stderr,
    /^RunError: Could not write the result to stdout: No space left on device.+\n$/,
  );
});

Deno.test("printResult() writes a result that is larger than a pipe holds", onUnix, async () => {
  const { stdout } = await run(`printResult("x".repeat(1 << 20));`, "PROGRAM | (sleep 0.3; cat)");
  assert.equal(stdout.length, 2 ** 20 + 1);
});
