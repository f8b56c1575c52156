import assert from "node:assert/strict";
import { join } from "@std/path";
import type { EvaluationReport } from "../../src/evaluate/report.ts";
import { VERSION } from "../../src/run/program_version.ts";
import type { MachineReport } from "../../src/upkeep/machine.ts";
import {
  type Binary,
  binaryTest,
  CAN_COMPILE,
  compileBinary,
  IS_ROOT,
  type Situation,
  startShell,
} from "./compiled.ts";
import type { Ended } from "../testing/program.ts";

/** A user who owns nothing. */
const NOBODY = 65534;
/** Bytes that the program may add to its runtime base. */
const MOST_PACKED = 15e6;

let directory: string;
let binary: Binary;

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir({ prefix: "memloss-binary-" });
  if (CAN_COMPILE) binary = await compileBinary(directory);
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

/** An empty folder of the user `uid`. */
async function emptyFolder(uid?: number): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: directory });
  if (uid !== undefined) await Deno.chown(folder, uid, uid);
  return folder;
}

async function done(line: string, situation: Situation): Promise<Ended> {
  const ended = await startShell(line, situation).ended;
  assert.equal(ended.code, 0, `${line}: ${ended.stderr}`);
  return ended;
}

/** Everything that a user does first, with two threads; the training is stopped by SIGTERM and continued as it says. */
async function useBinary(situation: Situation): Promise<void> {
  const { stdout: machine, stderr } = await done(`${binary.path} doctor --json`, situation);
  assert.equal(stderr, "", "Mesa has nothing to complain of");
  const report = JSON.parse(machine) as MachineReport;
  assert.equal(report.memloss.version, VERSION);
  assert.match(report.wasm.arithmetic, /SIMD/, "not the slow way out");

  const train = [
    ...["train", "--variant", "v1", "--data", "synthetic", "--width", "1", "--epochs", "5"],
    ...["--batch-size", "8", "--limit-train", "64", "--attack-steps", "1", "--select", "none"],
    ...["--backend", "wasm", "--workers", "2", "--run-dir", "run"],
  ];
  const first = startShell([binary.path, ...train].join(" "), situation);
  const log = join(situation.cwd, "run", "metrics.jsonl");
  while (first.running() && !await hasText(log)) await new Promise((done) => setTimeout(done, 20));
  first.kill("SIGTERM");
  const stopped = await first.ended;
  assert.equal(stopped.code, 130, stopped.stderr);
  const [, again] = /^Continue with: (.*)$/m.exec(stopped.stderr) ?? [];
  await done(again!, situation);

  const evaluate = "eval run --n-ex 16 --attack clean,pgd2,autoattack --attack-version custom";
  const { stdout } = await done(
    `${binary.path} ${evaluate} --attacks-to-run apgd-ce,square --workers 2 --json`,
    situation,
  );
  const { clean, pgd2, autoattack } = JSON.parse(stdout) as EvaluationReport & { pgd2: unknown };
  assert.equal(clean?.n, 16);
  assert.ok(pgd2 !== undefined);
  assert.equal(autoattack?.n, 16);

  const { stdout: stats } = await done(`${binary.path} memory stats run --json`, situation);
  assert.equal(JSON.parse(stats).generations[0].examples, 64, stats);
  await done(`${binary.path} memory verify run`, situation);
}

async function hasText(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ size }) => size > 0, () => false);
}

binaryTest("the binary is small and says what it is", async () => {
  const { stdout } = await done(`${binary.path} --version`, { cwd: directory, env: {} });
  assert.match(stdout, new RegExp(`^memloss ${VERSION}\ncode +[0-9a-f]{64}\nDeno +2`));
  assert.ok(binary.said.startsWith(stdout), "the task has asked it");
  assert.ok(binary.packed > 2 ** 20 && binary.packed < MOST_PACKED, `${binary.packed} bytes`);
});

binaryTest("the binary works without an environment", async () => {
  await useBinary({ cwd: await emptyFolder(), env: {} });
});

binaryTest(
  "the binary works where the home cannot be written to, for nobody as for root",
  async () => {
    const home = await emptyFolder();
    await Deno.chmod(home, 0o555);
    await useBinary({ uid: NOBODY, cwd: await emptyFolder(NOBODY), env: { HOME: home } });
    // Root may write to any folder of a disk.
    await done(`${binary.path} doctor`, { cwd: await emptyFolder(), env: { HOME: "/proc" } });
    await done(`${binary.path} doctor`, { uid: NOBODY, cwd: await emptyFolder(NOBODY), env: {} });
  },
  IS_ROOT,
);
