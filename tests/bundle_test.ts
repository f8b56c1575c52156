import assert from "node:assert/strict";
import { join, resolve } from "@std/path";
import { pathToFileURL } from "node:url";
import type { EvaluationReport } from "../src/evaluate/report.ts";
import { decodeRunRecord } from "../src/run/run_record.ts";
import type { MachineReport } from "../src/upkeep/machine.ts";
import { writeBundle } from "../tasks/compile/bundle.ts";
import { makeRun } from "./report/page/made_run.ts";
import { browserTest, closeBrowser, withPage } from "./testing/browser/browser.ts";
import { type Ended, startDeno } from "./testing/program.ts";

const ROOT = resolve(import.meta.dirname!, "..");

/** All that a bundled program has: a folder with its one file, and an empty one to work in. */
let directory: string;
let work: string;
let program: string;

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  work = join(directory, "work");
  program = join(directory, "memloss.js");
  await Deno.mkdir(work);
  await writeBundle(join(ROOT, "src", "main.ts"), program, join(ROOT, "deno.json"));
});
Deno.test.afterAll(async () => {
  await closeBrowser();
  await Deno.remove(directory, { recursive: true });
});

/** Runs the bundle where its source is out of reach, and so are packages and configuration. */
async function memloss(...args: string[]): Promise<Ended> {
  const own = ["--allow-read", "--allow-write", `--deny-read=${ROOT}`];
  const alone = ["--no-config", "--no-npm", "--no-remote", "--no-prompt", "--unstable-kv"];
  const ended = await startDeno(["run", ...alone, ...own, program, ...args], work).ended;
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

Deno.test("the bundle is one file", async () => {
  const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
  assert.deepEqual(names, ["memloss.js", "work"]);
});

Deno.test("the bundled program examines the machine", async () => {
  const { stdout, stderr } = await memloss("doctor", "--json");
  const report = JSON.parse(stdout) as MachineReport;
  assert.equal(report.deno, Deno.version.deno);
  assert.match(report.memloss.digest, /^[0-9a-f]{64}$/);
  assert.match(report.wasm.arithmetic, /relaxed/);
  assert.equal(report.wasm.threads, navigator.hardwareConcurrency);
  assert.doesNotMatch(stderr, /failed/i, "no engine failed to start");
});

Deno.test("the bundled program trains, evaluates and knows itself", async () => {
  await memloss(
    ...["train", "--variant", "v1", "--data", "synthetic", "--width", "1", "--epochs", "1"],
    ...["--batch-size", "8", "--limit-train", "16", "--attack-steps", "1", "--select", "none"],
    ...["--backend", "wasm", "--workers", "2", "--run-dir", "run"],
  );
  const path = join(work, "run", "recipe.json");
  const { program: { digest } } = decodeRunRecord(await Deno.readTextFile(path), path);
  assert.match(digest, /^[0-9a-f]{64}$/);

  const { stdout } = await memloss("eval", "run", "--n-ex", "8", "--json");
  const report = JSON.parse(stdout) as EvaluationReport;
  assert.equal(report.clean?.n, 8);
  assert.equal(report.pgd20?.n, 8);
  assert.equal(report.backend.name, "wasm");
  assert.match(report.backend.adapter, /SIMD/, "not the slow way out");
});

browserTest("the bundled program draws a page whose script works", async (browser) => {
  await makeRun(join(work, "made"), { recipe: { variant: "v1", epochs: 2 }, stepsPerEpoch: 9 });
  await memloss("report", "made");
  const { href } = pathToFileURL(join(work, "made", "report.html"));
  await withPage(browser, href, { width: 800, scheme: "light" }, async (page) => {
    await page.until(() => document.querySelectorAll("[data-plot] canvas").length > 5);
    assert.match(await page.evaluate(() => document.querySelector("output")!.textContent), /last/);
  });
});
