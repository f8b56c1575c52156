import assert from "node:assert/strict";
import { join } from "@std/path";
import { FileLock } from "../../src/disk/file_lock.ts";
import type { ResultTable } from "../../src/report/tables/results.ts";
import type { Cell } from "../../src/reproduce/cell.ts";
import { readWeights } from "../../src/run/subject.ts";
import { madeTable } from "../reproduce/made_table.ts";
import { startProgram } from "../testing/program.ts";
import { snapshot } from "../testing/folder.ts";
import { assertRefused, memloss, memlossDone, type Outcome, withDefaults } from "./memloss.ts";
import { TINY, TinyWorld } from "./tiny.ts";

let world: TinyWorld;
/** Two rows with two seeds, made by one process. */
let out: string;
let made: Outcome;

function args(out: string, ...more: string[]): string[] {
  const own = [`--table=${world.path("table.json")}`, `--data-dir=${world.data}`];
  const small = ["--scale=tiny", "--backend=wasm", "--workers=1", `--out=${out}`];
  return ["reproduce", ...withDefaults([...own, ...small], more)];
}

Deno.test.beforeAll(async () => {
  world = await TinyWorld.create();
  await Deno.writeTextFile(world.path("table.json"), JSON.stringify(madeTable()));
  out = world.path("out");
  made = await memlossDone(...args(out, "--seeds", "1,2"));
});
Deno.test.afterAll(() => world.remove());

async function readCells(out: string): Promise<Record<string, Cell>> {
  const cells: Record<string, Cell> = {};
  for await (const { name } of Deno.readDir(join(out, "cells"))) {
    if (!name.endsWith(".json")) continue;
    cells[name] = JSON.parse(await Deno.readTextFile(join(out, "cells", name)));
  }
  return cells;
}

/** What does not depend on when and how fast. */
const timeless = (cells: Record<string, Cell>) =>
  Object.fromEntries(
    Object.entries(cells).sort().map(([name, { times: _times, ...cell }]) => [name, cell]),
  );

Deno.test("memloss reproduce prints the table, and leaves it as JSON, Markdown, LaTeX and CSV", async () => {
  assert.match(made.stdout, /^# Made \(scale: tiny\)\n/);
  assert.match(made.stderr, /^The table is .*table\.md, \.tex, .*, its page .*report\.html$/m);
  const row = /^\| V1 +\| +([\d.]+ ± [\d.]+) \| +84\.50 \| .* 1, 2 \|$/m.exec(made.stdout);
  assert.ok(row, made.stdout);
  assert.match(
    made.stdout,
    /^- Scale "tiny": --epochs 1; everything else is as in the full table\.$/m,
  );
  assert.match(
    made.stdout,
    /^- Here: the last checkpoint, not selected; clean on 12, PGD-2 on 12, AutoAttack on 1 test images\.$/m,
  );
  assert.match(made.stdout, /^- V1 over plain: \*\*/m);
  assert.equal(await Deno.readTextFile(join(out, "table.md")) + "\n", made.stdout);
  assert.match(await Deno.readTextFile(join(out, "table.tex")), /\\begin\{tabular\}/);
  const page = await Deno.readTextFile(join(out, "report.html"));
  assert.match(page, /id="results"/);
  assert.match(page, /<h2><span class="run-name">.*?v1-seed/s, "a run of the table is drawn");
  const csv = (await Deno.readTextFile(join(out, "table.csv"))).trimEnd().split("\r\n");
  assert.equal(csv.length, 1 + 2 * 3 * 2, "rows × columns × seeds");
  const table: ResultTable = JSON.parse(await Deno.readTextFile(join(out, "table.json")));
  const cells = await readCells(out);
  const seeds = table.rows[0]!.results.clean!.seeds;
  assert.deepEqual(
    seeds.map(({ correct }) => correct),
    [1, 2].map((seed) => cells[`v1-seed${seed}.json`]!.evaluations.clean!.correct),
  );
  assert.equal(table.differences.length, 3, "one pair in three columns");
});

Deno.test("memloss reproduce keeps in each cell all that it was made of", async () => {
  const cells = await readCells(out);
  assert.deepEqual(Object.keys(cells).sort(), [
    ...["plain-seed1.json", "plain-seed2.json", "v1-seed1.json", "v1-seed2.json"],
  ]);
  const cell = cells["v1-seed2.json"]!;
  assert.deepEqual([cell.row, cell.seed, cell.recipe.seed], ["v1", 2, 2]);
  assert.equal(cell.request.recipe.epochs, 1);
  const run = join(out, "runs", "v1-seed2");
  assert.equal(
    cell.checkpoint.sha256,
    (await readWeights(join(run, "checkpoints", "epoch-001.safetensors"))).sha256,
  );
  const { clean, pgd2, autoattack } = cell.evaluations;
  for (const { accuracy, correct, n, verdicts } of [clean!, pgd2!, autoattack!]) {
    assert.equal(verdicts.length, n);
    assert.equal(verdicts.replaceAll("0", "").length, correct);
    assert.equal(accuracy, correct / n);
  }
  assert.deepEqual([clean!.n, pgd2!.n, autoattack!.n], [TINY.test, TINY.test, 1]);
  const other = cells["plain-seed1.json"]!.evaluations;
  assert.match(clean!.imagesSha256!, /^[0-9a-f]{64}$/);
  assert.equal(pgd2!.imagesSha256, clean!.imagesSha256);
  assert.equal(other.clean!.imagesSha256, clean!.imagesSha256, "both rows saw the same");
  assert.notEqual(autoattack!.imagesSha256, clean!.imagesSha256, "one image is not all");
  assert.deepEqual(Object.keys(autoattack!.perAttack!), ["apgd-ce", "apgd-t", "fab-t", "square"]);
  const text = await Deno.readTextFile(join(out, "cells", "v1-seed2.json"));
  assert(!text.includes(world.directory), "no path of this machine");
});

Deno.test("memloss reproduce says what it takes, measured from a few steps, and --dry-run stops there", async () => {
  const fresh = world.path("fresh");
  const { stdout, stderr } = await memlossDone(...args(fresh, "--seeds", "1", "--dry-run"));
  assert.match(stdout, /^0 of 2 cells are finished in /);
  assert.match(stderr, /^measuring a few steps of V1$/m);
  assert.match(stdout, /^ {2}V1 {5}1 × about .*\n {2}Plain {2}1 × about /m);
  assert.match(
    stdout,
    /^In all about .* on wasm \(.*\), [\d.]+ GiB of disk in .* \([\d.]+ GiB are free\)\.$/m,
  );
  await assert.rejects(Deno.stat(fresh), Deno.errors.NotFound, "nothing is left");
});

Deno.test("memloss reproduce --dry-run plans without the data, says so, and making the table needs them", async () => {
  const none = world.path("none");
  const more = ["--seeds", "1", "--only", "v1", "--data-dir", none];
  const lacking = args(world.path("planned"), ...more);
  const { stdout, stderr } = await memlossDone(...lacking, "--dry-run", "--quiet");
  assert.equal(stderr, "");
  assert.match(stdout, /^In all about /m);
  assert.match(
    stdout,
    /^CIFAR-10 is not in .*none: measured on made images of its size; `.*deno\S* task memloss data fetch cifar10 --data-dir .*none` gets it\.$/m,
  );
  const refused = await memloss(...lacking);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^error: There is no data directory /m);
  assert.doesNotMatch(refused.stderr, /^measuring/m);
});

Deno.test("memloss reproduce never makes a finished cell again, and adds what is asked for next", async () => {
  const before = await snapshot(join(out, "cells"));
  const { stderr } = await memlossDone(...args(out, "--seeds", "1,2"));
  assert.match(stderr, /^4 of 4 cells are finished in /m);
  assert.doesNotMatch(stderr, /^cell \d/m);
  assert.deepEqual(await snapshot(join(out, "cells")), before);
  const wider = await memloss(...args(out, "--seeds", "1,2", "--n-ex", "5"));
  assertRefused(wider, 2, /was made with clean on images: all, and this table asks for 5/);
});

/** Of the processes that made one table the last to end saw all of it, and the others may have left a cell to it. */
function assertShared(ended: readonly Outcome[]): void {
  assert.ok(ended.some(({ code }) => code === 0), ended.map(({ stderr }) => stderr).join("\n"));
  for (const { code, stderr } of ended) {
    if (code === 0) continue;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: The table is not finished: other processes are at work on /m);
  }
}

Deno.test("memloss reproduce fails, however quiet, where another process is at work on a cell that the table lacks", async () => {
  const torso = world.path("torso"), lacking = join(torso, "cells", "plain-seed1.json");
  await Deno.mkdir(join(torso, "cells"), { recursive: true });
  for (const name of Object.keys(await readCells(out))) {
    await Deno.copyFile(join(out, "cells", name), join(torso, "cells", name));
  }
  using _lock = await FileLock.try(lacking.replace(/json$/, "lock"));
  const line = args(torso, "--seeds", "1,2", "--quiet");
  await memlossDone(...line); // it is there: whoever holds it only looks
  await Deno.remove(lacking);
  const { code, stdout, stderr } = await memloss(...line);
  assert.equal(code, 1);
  assert.match(stdout, /^- Not finished: 3 of 4 cells are\.$/m);
  assert.equal(
    stderr,
    "error: The table is not finished: other processes are at work on plain-seed1; run the command again when they are done.",
  );
});

Deno.test("two processes make one table, each its own cells, and end with the same numbers", async () => {
  const shared = world.path("shared");
  const processes = [1, 2].map(() => startProgram(args(shared, "--seeds", "1,2")));
  const ended = await Promise.all(processes.map(({ ended }) => ended));
  assertShared(ended);
  const begun = ended.flatMap(({ stderr }) =>
    [...stderr.matchAll(/^cell (\d) of 4: /gm)].map(([, position]) => position!)
  );
  assert.deepEqual(begun.toSorted(), ["1", "2", "3", "4"], "each cell by one of them");
  assert.deepEqual(timeless(await readCells(shared)), timeless(await readCells(out)));
  const table = (folder: string) => Deno.readTextFile(join(folder, "table.csv"));
  assert.equal(await table(shared), await table(out));
});

Deno.test("memloss reproduce trains the helper that a row names, once, and two processes wait for it", async () => {
  const rows = [
    { name: "hat", label: "HAT", recipe: { variant: "hat", helper: "plain" } },
    { name: "plain", label: "Plain", recipe: { variant: "standard" } },
  ];
  const columns = [{ name: "clean", label: "clean" }];
  const scales = { tiny: { recipe: { epochs: 1 }, n: {} } };
  const table = world.path("helped.json");
  await Deno.writeTextFile(
    table,
    JSON.stringify(madeTable({ rows, columns, scales, claims: [] })),
  );
  const line = (folder: string, ...more: string[]) =>
    args(folder, "--seeds", "1", "--table", table, ...more);
  const alone = world.path("alone"), moved = world.path("moved");
  const { stderr } = await memlossDone(...line(alone, "--only", "hat"));
  assert.match(stderr, /^cell 1 of 1: HAT, seed 1\nTraining standard .*[^]*\nTraining hat /m);
  const { "hat-seed1.json": hat, ...others } = await readCells(alone);
  assert.deepEqual(others, {}, "the helper is not measured");
  assert.equal(hat!.recipe.helper, "plain");
  const kept = await readWeights(
    join(alone, "runs", "plain-seed1", "checkpoints", "epoch-001.safetensors"),
  );
  assert.equal(hat!.helperSha256, kept.sha256);
  await Deno.remove(join(alone, "cells", "hat-seed1.json"));
  await Deno.rename(alone, moved); // and its helper with it
  const again = await memlossDone(...line(moved));
  assert.doesNotMatch(again.stderr, /^Training /m, "both runs are there");

  const shared = world.path("helped");
  const processes = [1, 2].map(() => startProgram(line(shared)));
  assertShared(await Promise.all(processes.map(({ ended }) => ended)));
  assert.deepEqual(timeless(await readCells(shared)), timeless(await readCells(moved)));
  assert.deepEqual(Object.keys(await readCells(shared)).sort(), [
    ...["hat-seed1.json", "plain-seed1.json"],
  ]);
});

Deno.test("memloss reproduce stops at Ctrl-C, says what continues it, and continues", async () => {
  const stopped = world.path("stopped");
  const long = madeTable({
    columns: [{ name: "clean", label: "clean" }],
    scales: { tiny: { recipe: { epochs: 12 }, n: {} } },
  });
  const table = world.path("long.json");
  await Deno.writeTextFile(table, JSON.stringify(long));
  const command = args(stopped, "--seeds", "1", "--only", "v1", "--table", table);
  await using process = startProgram(command);
  const log = join(stopped, "runs", "v1-seed1", "metrics.jsonl");
  while (process.running() && !await Deno.stat(log).then(({ size }) => size > 0, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.kill("SIGINT");
  const { code, stderr } = await process.ended;
  assert.equal(code, 130, stderr);
  const [, next] =
    /^Stopped in v1-seed1; everything so far is saved\.\nContinue with: .*deno\S* task memloss (.*)$/m
      .exec(stderr)!;
  const { stderr: told } = await memlossDone(...next!.split(" "));
  assert.match(told, /^Continuing v1 on cifar10/m);
  assert.equal(Object.keys(await readCells(stopped)).length, 1);
});

Deno.test("memloss reproduce refuses wrong seeds, tables and rows in one sentence", async () => {
  const refused: [string[], RegExp][] = [
    [args(out, "--seeds", "1,x"), /--seeds must be whole numbers from 0, separated by commas/],
    [args(out, "--seeds", "1,1"), /--seeds must name no seed twice, not "1,1"\.$/],
    [["reproduce", "paper"], /Unexpected argument "paper": did you mean --table paper\?$/],
    [args(out, "--only", "v9"), /--only v9 is no row of table made/],
    [["reproduce", "--table", "nothing"], /--table nothing is none of paper/],
    [["reproduce", "--scale", "nothing"], /--scale nothing is not in table paper/],
  ];
  for (const [line, sentence] of refused) assertRefused(await memloss(...line), 2, sentence);
});
