import assert from "node:assert/strict";
import { join } from "@std/path";
import { snapshot } from "../testing/folder.ts";
import { type Ended, runProgram, startProgram } from "../testing/program.ts";
import {
  errorsOf,
  finish,
  inRunFolder,
  type LogLine,
  readLog,
  resultOf,
  resumeRun,
  type RunResult,
  startRun,
  STEPS,
  untilStep,
} from "./support.ts";

const V1 = ["--variant=v1", "--attack-steps=1"];
const TRADES = ["--variant=trades", "--attack-steps=1"];
const results = new Map<string, Promise<RunResult>>();

/** What the run with `flags` comes to when nobody stops it; made once. */
function uninterrupted(...flags: string[]): Promise<RunResult> {
  const key = flags.join(" ");
  const made = results.get(key) ?? (async () => {
    let result: RunResult;
    await inRunFolder(async (runDir) => {
      await finish(startRun(runDir, ...flags));
      result = await resultOf(runDir);
    });
    return result!;
  })();
  results.set(key, made);
  return made;
}

/** Starts the run with `flags`, sends it `signal` once it has logged `step` of epoch 3, and waits for its end. */
async function stopInEpoch3(
  runDir: string,
  signal: Deno.Signal,
  step: number,
  ...flags: string[]
) {
  await using process = startRun(runDir, ...flags);
  await untilStep(process, runDir, 3, step);
  process.kill("SIGSTOP"); // so that nothing happens between the signal and the look at the log
  const logged = await readLog(runDir);
  process.kill(signal);
  if (signal !== "SIGKILL") process.kill("SIGCONT");
  const ended = await process.ended;
  const log = await readLog(runDir);
  assert.equal(log.at(-1)!.kind, "step", "the signal came too late: epoch 3 was over");
  return { ended, logged, log };
}

/** The arguments of the command that a stopped process says. */
function continuation({ stderr }: Ended): string[] {
  return /^Continue with: .*deno\S* task memloss (.*)$/m.exec(stderr)![1]!.split(" ");
}

/** The lines up to `step` of epoch 3, throughputs included: those of one session only. */
function upTo(log: LogLine[], step: number): LogLine[] {
  return log.filter(({ epoch, step: own = STEPS }) => epoch < 3 || own <= step);
}

const FROM_EPOCH = { every: [], resumesAt: /^epoch-002\.safetensors$/ };
const FROM_STEP = {
  every: ["--checkpoint-every=2"],
  resumesAt: /^epoch-003\.step-[246]\.safetensors$/,
};

for (
  const { name, flags, every, resumesAt } of [
    { name: "its last epoch", flags: V1, ...FROM_EPOCH },
    { name: "its last epoch without a memory", flags: TRADES, ...FROM_EPOCH },
    { name: "a step's checkpoint", flags: V1, ...FROM_STEP },
    { name: "a step's checkpoint without a memory", flags: TRADES, ...FROM_STEP },
  ]
) {
  Deno.test(`a run killed in epoch 3 and resumed from ${name} ends as if nobody had killed it`, () =>
    inRunFolder(async (runDir) => {
      const expected = await uninterrupted(...flags); // without checkpoints in between
      const { ended, log } = await stopInEpoch3(runDir, "SIGKILL", 3, ...flags, ...every);
      assert.equal(ended.signal, "SIGKILL");
      const last = await Deno.readLink(join(runDir, "checkpoints", "last"));
      assert.match(last, resumesAt);

      await finish(resumeRun(runDir));
      assert.deepEqual(await resultOf(runDir), expected);
      const done = Number(/step-(\d+)/.exec(last)?.[1] ?? 0);
      assert.deepEqual(
        upTo(await readLog(runDir), done),
        upTo(log, done),
        "nothing was done twice",
      );
    }));
}

Deno.test("a run stopped by Ctrl-C saves the step, says how to go on, and ends as if it had not been", () =>
  inRunFolder(async (runDir) => {
    // Longer steps than a signal needs to be noticed on a busy machine.
    const slow = ["--variant=v1", "--attack-steps=30"];
    const expected = await uninterrupted(...slow);
    const flags = [...slow, "--tensorboard"]; // which changes nothing of the run
    const { ended, logged, log } = await stopInEpoch3(runDir, "SIGINT", 2, ...flags);
    assert.equal(ended.code, 130, ended.stderr);
    const { step } = log.at(-1)!;
    assert.ok(
      log.length <= logged.length + 2,
      `${log.length - logged.length} steps after the signal`,
    );
    const last = await Deno.readLink(join(runDir, "checkpoints", "last"));
    assert.equal(last, `epoch-003.step-${step}.safetensors`);

    const command = continuation(ended);
    assert.deepEqual(command, ["train", "--run-dir", runDir, "--resume", "--tensorboard"]);
    // What this sitting alone is told, the next one has to be told too.
    const data = join(runDir, "..", "data"), moved = join(runDir, "..", "moved");
    await Deno.rename(data, moved);
    await using second = startProgram([...command, "--data-dir", moved, "--on-corruption=stop"]);
    await untilStep(second, runDir, 3, step! + 1);
    second.kill("SIGINT");
    const again = await second.ended;
    assert.equal(again.code, 130, again.stderr);
    assert.deepEqual(continuation(again), [
      ...command,
      "--data-dir",
      moved,
      "--on-corruption=stop",
    ]);
    const resumed = await runProgram(continuation(again));
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.ok(resumed.stderr.endsWith(` eval ${runDir} --data-dir ${moved}`), resumed.stderr);
    assert.equal([...Deno.readDirSync(join(runDir, "tensorboard"))].length, 3, "a file for each");
    assert.deepEqual(await resultOf(runDir), expected);
    assert.deepEqual((await readLog(runDir)).slice(0, log.length), log, "nothing was done twice");
  }));

Deno.test("a second process on a live run folder is refused and changes nothing", () =>
  inRunFolder(async (runDir) => {
    await using first = startRun(runDir, ...V1);
    await untilStep(first, runDir, 2, 1);
    first.kill("SIGSTOP");
    const before = await snapshot(runDir);
    const [resuming, starting] = await Promise.all([
      resumeRun(runDir).ended,
      startRun(runDir, ...V1).ended,
    ]);
    assert.deepEqual(await snapshot(runDir), before);
    first.kill("SIGCONT");
    await finish(first);
    assert.deepEqual(await resultOf(runDir), await uninterrupted(...V1));

    assert.deepEqual([resuming.code, starting.code], [2, 2]);
    assert.deepEqual(errorsOf(resuming.stderr), [
      `error: The run folder ${runDir} is in use by process ${first.pid}: ` +
      "wait for it to end or choose another --run-dir",
    ]);
    assert.deepEqual(errorsOf(starting.stderr), [
      `error: ${runDir} is not empty: choose another --run-dir, or continue the run in it with --resume.`,
    ]);
  }));
