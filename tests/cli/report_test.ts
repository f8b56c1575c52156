import assert from "node:assert/strict";
import { join } from "@std/path";
import { makeRun } from "../report/page/made_run.ts";
import { snapshot } from "../testing/folder.ts";
import { assertRefused, memloss, memlossDone } from "./memloss.ts";

let directory: string;
let run: string;

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  run = join(directory, "run");
  await makeRun(run, { recipe: { variant: "v1", epochs: 2, width: 1 }, stepsPerEpoch: 3 });
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

Deno.test("memloss report writes one file, into the run unless told, and replaces its own", async () => {
  const { stdout, stderr } = await memlossDone("report", run);
  assert.equal(stdout, `The report is ${join(run, "report.html")}\n`);
  assert.equal(stderr, "");
  await memlossDone("report", run);
  const other = join(directory, "other.html");
  await memlossDone("report", run, "--out", other);
  const page = await Deno.readTextFile(other);
  assert.match(page, /^<!DOCTYPE html>/);
  assert.equal(await Deno.readTextFile(join(run, "report.html")), page);
});

Deno.test("memloss report refuses in a sentence what it cannot draw or must not write", async () => {
  const kept = join(directory, "kept.html");
  await Deno.writeTextFile(kept, "<!DOCTYPE html><p>somebody's</p>");
  await Deno.mkdir(join(directory, "none"));
  const before = await snapshot(directory);
  for (
    const [args, sentence] of [
      [[], /^error: Say what to draw: memloss report RUN_DIR …\.$/],
      [[join(directory, "none")], /none is not a run folder: it has no recipe\.json\.$/],
      [[run, run, "--out", kept, "--overwrite"], /is named twice: leave one out\.$/],
      [[run, "--out", "a.png"], /--out must be a \.html, not "a\.png"\.$/],
      [[run, "--out", kept], /kept\.html is there already and is not a report of memloss/],
      [[run, "--out", join(run, "checkpoints", "a.html")], /belongs to the run in .+run/],
      [[run, "--out", join(directory, "absent", "a.html")], /there is no folder .+absent/],
    ] as const
  ) assertRefused(await memloss("report", ...args), 2, sentence);
  assert.deepEqual(await snapshot(directory), before);
});
