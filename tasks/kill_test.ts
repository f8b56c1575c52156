/**
 * Kills a trainer again and again, resumes it each time, and holds what it ends with against a run that was left alone.
 *
 * `deno task kill-test [--kills N] [--seed S]` prints one line for each kill.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { sha256 } from "../src/format/sha256.ts";
import { commitNumber, readCurrentFile } from "../src/memory/current.ts";
import { withIndexCopy } from "../src/memory/index/copy.ts";
import { verifyMemory } from "../src/memory/verify.ts";
import { Purpose, Stream } from "../src/random/stream.ts";
import { finish, startProgram, wasKilled } from "./kill_program.ts";

/** Three epochs of eight steps of the smallest network, with twelve commits. */
const RECIPE = [
  ...["--data=synthetic", "--width=1", "--epochs=3", "--batch-size=8", "--limit-train=64"],
  ...["--lr=0.05", "--select=none", "--checkpoint-every=2", "--backend=wasm", "--workers=1"],
];
/** About as many changes of the file system as one session of the run makes. */
const MOST_CHANGES = 150;

/** How often to kill, and what decides when. */
export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  /** An empty folder to work in. */
  readonly directory: string;
  /** Takes a line for each kill and each run that ended. */
  log(line: string): void;
}

/** What {@linkcode killTest} did. */
export interface KillResult {
  readonly kills: number;
  /** Kills that left files of a commit that never was, or of one that was not tidied up. */
  readonly insideCommit: number;
  /** Runs that got to their end, each of them with the bytes of the run that was left alone. */
  readonly finished: number;
}

/**
 * Kills runs at random moments, half of them after a random time and half after a random number of changes of their
 * files, until there were `kills`, and lets the last one end.
 *
 * @throws {Error} if a commit was lost or is not whole after a kill, or a run ends with other bytes
 */
export async function killTest(options: KillOptions): Promise<KillResult> {
  const { kills, seed, directory, log } = options;
  const stream = new Stream(seed, Purpose.synthetic);
  const started = performance.now();
  const whole = join(directory, "whole");
  await finish(await start(whole), whole);
  const length = performance.now() - started;
  const expected = await digests(whole);
  log(`left alone: ${(length / 1000).toFixed(1)} s, ${Object.keys(expected).length} files`);

  let done = 0, insideCommit = 0, finished = 0;
  while (done < kills) {
    const runDir = join(directory, `killed-${finished}`);
    let committed = 0;
    while (true) {
      const how = stream.integer(2) === 0
        ? { milliseconds: length * stream.uniform() }
        : { changes: 1 + stream.integer(MOST_CHANGES) };
      const killed = done < kills && await runAndKill(runDir, how);
      if (!killed) break;
      done++;
      const found = await examine(runDir);
      if (found.commit < committed) {
        throw new Error(`kill ${done} lost commit ${committed}: ${found.commit} is current`);
      }
      committed = found.commit;
      if (found.left.length > 0) insideCommit++;
      log(
        `kill ${done}: ${describeMoment(how)}, commit ${committed} is whole` +
          (found.left.length > 0 ? `, left behind: ${found.left.join(" ")}` : ""),
      );
    }
    await finish(await start(runDir), runDir);
    const ended = await digests(runDir);
    const differing = Object.keys({ ...expected, ...ended }).filter((path) =>
      expected[path] !== ended[path]
    );
    if (differing.length > 0) throw new Error(`${runDir} differs in ${differing.join(", ")}`);
    finished++;
    log(`run ${finished} ended with the same ${Object.keys(ended).length} files`);
    await Deno.remove(runDir, { recursive: true });
  }
  return { kills: done, insideCommit, finished };
}

type Moment = { readonly milliseconds: number } | { readonly changes: number };

function describeMoment(moment: Moment): string {
  return "changes" in moment
    ? `after ${moment.changes} changes`
    : `after ${(moment.milliseconds / 1000).toFixed(2)} s`;
}

/** Starts the run in `runDir`, or continues it. */
async function start(runDir: string): Promise<Deno.ChildProcess> {
  const exists = await Deno.stat(join(runDir, "recipe.json")).then(() => true, () => false);
  const args = exists ? ["--resume"] : RECIPE;
  return startProgram(["train", "--run-dir", runDir, ...args]);
}

/** Runs `runDir` until `moment`; false if it came to its end before. */
async function runAndKill(runDir: string, moment: Moment): Promise<boolean> {
  await Deno.mkdir(runDir, { recursive: true });
  using watcher = Deno.watchFs(runDir);
  const child = await start(runDir);
  const output = child.output();
  const { promise: due, resolve: kill } = Promise.withResolvers<"due">();
  let timer: ReturnType<typeof setTimeout> | undefined;
  if ("milliseconds" in moment) timer = setTimeout(() => kill("due"), moment.milliseconds);
  else {
    (async () => {
      let seen = 0;
      for await (const { kind } of watcher) {
        if (kind !== "access" && ++seen === moment.changes) return kill("due");
      }
    })();
  }
  const first = await Promise.race([due, output]);
  clearTimeout(timer);
  if (first === "due") child.kill("SIGKILL");
  return await wasKilled(output, runDir);
}

/** Reads every byte that is committed in `runDir`; lists what a killed process left there besides. */
async function examine(runDir: string): Promise<{ commit: number; left: string[] }> {
  const memory = join(runDir, "memory");
  const checkpointPath = (name: string) => join(runDir, "checkpoints", name);
  const current = await readCurrentFile(memory);
  if (!current?.commit) return { commit: 0, left: [] };
  const { damage } = await verifyMemory(memory, { index: true, checkpointPath });
  if (damage.length > 0) throw new Error(damage.map(({ fault }) => fault).join("\n"));
  const shown = commitNumber(current);
  const indexed = await withIndexCopy(memory, async (index) => (await index.current())!);
  const left = commitNumber(indexed) > shown ? ["index ahead"] : [];
  const { generations, checkpoint } = current.commit;
  const manifests = generations.map(({ epoch, manifest }) => `${epoch}/${manifest}`);
  for (const { name } of Deno.readDirSync(memory)) {
    const epoch = Number(/^generation-(\d+)$/.exec(name)?.[1]);
    if (Number.isNaN(epoch)) continue;
    for (const file of Deno.readDirSync(join(memory, name))) {
      const old = file.name.startsWith("manifest") && !manifests.includes(`${epoch}/${file.name}`);
      if (old || file.name.includes(".tmp-")) left.push(`${name}/${file.name}`);
    }
  }
  for (const { name } of Deno.readDirSync(join(runDir, "checkpoints"))) {
    if (name.startsWith("epoch-") && name !== checkpoint) left.push(name);
  }
  return { commit: commitNumber(indexed), left };
}

/** SHA-256 of the weights, the memory and what says which of it is current, by path. */
async function digests(runDir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (folder: string): Promise<void> => {
    for (const { name, isDirectory, isSymlink } of Deno.readDirSync(join(runDir, folder))) {
      const path = `${folder}/${name}`;
      if (isDirectory) await visit(path);
      else if (isSymlink) found[path] = await Deno.readLink(join(runDir, path));
      // The database's bytes depend on its history.
      else if (!name.startsWith("index.kv")) {
        const bytes = await Deno.readFile(join(runDir, path));
        found[path] = sha256(bytes);
      }
    }
  };
  await visit("checkpoints");
  await visit("memory");
  return found;
}

if (import.meta.main) {
  const { kills, seed } = parseArgs(Deno.args, { string: ["kills", "seed"] });
  const directory = await Deno.makeTempDir({ prefix: "memloss-kills-" });
  const options = { kills: Number(kills ?? 200), seed: Number(seed ?? 1), directory };
  try {
    const result = await killTest({ ...options, log: console.log });
    console.log(
      `${result.kills} kills, ${result.insideCommit} of them inside a commit; ` +
        `${result.finished} runs ended with the same bytes. Seed ${options.seed}.`,
    );
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
