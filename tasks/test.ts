/**
 * Runs the tests, each file in a process of its own, as many at a time as there are cores. One of these lanes runs the
 * files that use WebGPU one after the other, since they wait for the device and fill its memory, and then helps. The
 * examples in docstrings are one process more, unless files or folders are named.
 *
 * `deno task test [--filter NAME] [FILE|FOLDER…]` prints a line for each file, everything of those that fail, and
 * `N passed, N failed` at the end.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { findTestFiles, usesWebGpu } from "./test/files.ts";
import { runExamples, runTestFile } from "./test/process.ts";

/** Stands for the examples among the files. */
const EXAMPLES = "examples in docstrings";
/** What the tests say once where they are skipped. */
const NO_ADAPTER = /^No WebGPU adapter: .*$/m;

const given = parseArgs(Deno.args, { string: ["filter"] });
const filter = given.filter as string | undefined;
const named = given._.map(String);
const files = await findTestFiles(named.length > 0 ? named : ["tests"]);
const withWebGpu: string[] = [], others: string[] = named.length > 0 ? [] : [EXAMPLES];
for (const file of files) (await usesWebGpu(file) ? withWebGpu : others).push(file);

const total = { passed: 0, failed: 0, ignored: 0 };
const failedFiles: string[] = [];
let announced = false;

async function run(file: string, webGpu: boolean): Promise<void> {
  const started = performance.now();
  const { passed, failed, ignored, output, signal } = file === EXAMPLES
    ? await runExamples(["mod.ts", "src/"], { filter, webGpu })
    : await runTestFile(file, { filter, webGpu });
  total.passed += passed;
  total.failed += failed;
  total.ignored += ignored;
  if (failed > 0) {
    failedFiles.push(file);
    console.log(output.trimEnd());
  }
  const [announcement] = NO_ADAPTER.exec(output) ?? [];
  if (announcement !== undefined && !announced) console.log(announcement);
  announced ||= announcement !== undefined;
  if (passed + failed + ignored === 0) return; // nothing in it is called as the filter says
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (ignored > 0) counts.push(`${ignored} ignored`);
  if (signal) counts.push(`then ended by ${signal}: every test had passed before`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${failed > 0 ? "FAILED" : "ok"} ${file}: ${counts.join(", ")} (${seconds} s)`);
}

/** Takes files from `queue` until none is left. */
async function drain(queue: string[], webGpu: boolean): Promise<void> {
  for (let file; (file = queue.shift()) !== undefined;) await run(file, webGpu);
}

const started = performance.now();
await Promise.all([
  drain(withWebGpu, true).then(() => drain(others, false)),
  ...Array.from(
    { length: Math.max(1, navigator.hardwareConcurrency - 1) },
    () => drain(others, false),
  ),
]);
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(`\n${files.length} files in ${minutes} minutes, ${total.ignored} tests ignored`);
if (failedFiles.length > 0) console.log(`Failed: ${failedFiles.join(" ")}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
if (total.failed > 0 || total.passed === 0) Deno.exit(1);
