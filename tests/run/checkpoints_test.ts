import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { encodeSafetensors } from "../../src/format/safetensors.ts";
import { encodeCurrent } from "../../src/memory/current.ts";
import {
  checkpointPath,
  findCheckpoint,
  findNamedLast,
  readCheckpoint,
  readCommittedCheckpoints,
  writeCommitted,
} from "../../src/run/checkpoints.ts";
import { encodeProgress } from "../../src/run/checkpoint/progress.ts";
import { SHAPE } from "../testing/images.ts";
import { CHECKPOINT_SHA256, DATA_SHA256, inTemporary } from "../memory/support.ts";

const NAMES = [
  "epoch-001.safetensors",
  "epoch-002.safetensors",
  "epoch-003.step-9.safetensors",
  "epoch-003.step-10.safetensors",
] as const;
const [FIRST, SECOND, NINTH, TENTH] = NAMES;

/** The bytes of a checkpoint of a run whose best epoch was the second. */
function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  const progress = {
    ...{ epoch: Number(name.slice(6, 9)), step: 9, complete: !name.includes("step"), sums: {} },
    best: { epoch: 2, accuracy: 0.5 },
  };
  return encodeSafetensors(new Map(), { memloss: encodeProgress(progress), name });
}

function committed(name: string): { name: string; sha256: string } {
  return { name, sha256: createHash("sha256").update(bytesOf(name)).digest("hex") };
}

/** Runs `use` in a run folder that holds all of {@linkcode NAMES}, and says nothing of them. */
function inRun(use: (run: string, checkpoints: string) => Promise<void>): Promise<void> {
  return inTemporary(async (run) => {
    const checkpoints = join(run, "checkpoints");
    await Deno.mkdir(checkpoints);
    for (const name of NAMES) await Deno.writeFile(join(checkpoints, name), bytesOf(name));
    await use(run, checkpoints);
  });
}

/** Writes the `current.json` of a memory that was committed with `checkpoint`, or that nothing was committed to. */
async function commitMemory(run: string, checkpoint?: string): Promise<void> {
  const settings = {
    codec: "int8",
    epsilon: 8 / 255,
    imageCount: 4,
    shape: SHAPE,
    dataSha256: DATA_SHA256,
  } as const;
  const entry = { epoch: 3, commit: 1, manifest: "manifest.json", sha256: "00".repeat(32) };
  const commit = checkpoint === undefined ? undefined : {
    ...{ commit: 1, epoch: 3, step: 9, checkpoint, checkpointSha256: CHECKPOINT_SHA256 },
    generations: [entry],
  };
  await Deno.mkdir(join(run, "memory"), { recursive: true });
  await Deno.writeFile(join(run, "memory", "current.json"), encodeCurrent({ settings, commit }));
}

Deno.test("writeCommitted() is read back by readCommittedCheckpoints(), with and without a best checkpoint", () =>
  inRun(async (run) => {
    assert.equal(await readCommittedCheckpoints(run), undefined);
    for (
      const record of [{ last: committed(TENTH), best: committed(SECOND) }, {
        last: committed(FIRST),
      }]
    ) {
      await writeCommitted(run, record);
      assert.deepEqual(await readCommittedCheckpoints(run), record);
    }
  }));

Deno.test("readCommittedCheckpoints() refuses a record that is damaged, and paths to elsewhere", () =>
  inRun(async (run, checkpoints) => {
    await writeCommitted(run, { last: committed(TENTH) });
    const path = join(checkpoints, "committed.json"), text = await Deno.readTextFile(path);
    for (
      const damaged of [
        text.slice(0, -5),
        text.replace(TENTH, `../${TENTH}`),
        text.replace(TENTH, "notes.txt"),
        text.replace("sha256", "sha255"),
      ]
    ) {
      await Deno.writeTextFile(path, damaged);
      await assert.rejects(readCommittedCheckpoints(run), {
        name: "RunError",
        message: `${path} is damaged: restore it from a copy`,
      });
    }
  }));

Deno.test("findCheckpoint() believes the record, whatever became of the links and the files", () =>
  inRun(async (run, checkpoints) => {
    await writeCommitted(run, { last: committed(NINTH), best: committed(SECOND) });
    const expected = [committed(NINTH), committed(SECOND)];
    const found =
      async () => [await findCheckpoint(run, "last"), await findCheckpoint(run, "best")];
    assert.deepEqual(await found(), expected, "no links");
    for (const link of ["last", "best"]) await Deno.symlink(FIRST, join(checkpoints, link));
    assert.deepEqual(await found(), expected, "links that are behind");
    for (const link of ["last", "best"]) {
      await Deno.remove(join(checkpoints, link));
      await Deno.writeTextFile(join(checkpoints, link), FIRST);
    }
    assert.deepEqual(await found(), expected, "links that became texts");
    await writeCommitted(run, { last: committed(NINTH) });
    assert.equal(await findCheckpoint(run, "best"), undefined, "none was selected");
    assert.deepEqual(await findNamedLast(run), committed(NINTH));
  }));

Deno.test("findCheckpoint() believes the memory's commit before the record", () =>
  inRun(async (run) => {
    await writeCommitted(run, { last: committed(NINTH), best: committed(SECOND) });
    await commitMemory(run, TENTH);
    const sha256 = CHECKPOINT_SHA256;
    assert.deepEqual(await findCheckpoint(run, "last"), { name: TENTH, sha256 });
    assert.deepEqual(await findCheckpoint(run, "best"), committed(SECOND));
    await commitMemory(run, "notes.txt");
    await assert.rejects(findCheckpoint(run, "last"), {
      name: "RunError",
      message: `The memory of ${run} names a checkpoint that cannot be one: notes.txt`,
    });
  }));

Deno.test("findCheckpoint() believes the record where the memory has no commit, and nothing else", () =>
  inRun(async (run) => {
    await commitMemory(run);
    assert.equal(await findCheckpoint(run, "last"), undefined, "killed before its first commit");
    await writeCommitted(run, { last: committed(NINTH) });
    assert.deepEqual(await findCheckpoint(run, "last"), committed(NINTH));
  }));

Deno.test("findCheckpoint() follows the links of a folder without a record, and where they are lost takes the newest", () =>
  inRun(async (run, checkpoints) => {
    const last = async () => (await findCheckpoint(run, "last"))?.name;
    assert.equal(await last(), TENTH);
    assert.equal(await findNamedLast(run), undefined);
    await Deno.symlink(FIRST, join(checkpoints, "last"));
    assert.equal(await last(), FIRST);
    assert.deepEqual(await findNamedLast(run), { name: FIRST });
    await Deno.remove(join(checkpoints, FIRST)); // the link dangles
    assert.equal(await last(), TENTH);
    for (const name of ["epoch-003.safetensors", "epoch-1000.step-1.safetensors"]) {
      await Deno.writeFile(join(checkpoints, name), bytesOf(TENTH));
      assert.equal(await last(), name);
    }
    await Deno.remove(checkpoints, { recursive: true });
    assert.equal(await last(), undefined);
  }));

Deno.test("findCheckpoint() finds the best of a folder without a record by its link, or by what the last one says", () =>
  inRun(async (run, checkpoints) => {
    assert.deepEqual(await findCheckpoint(run, "best"), { name: SECOND });
    await Deno.symlink(FIRST, join(checkpoints, "best"));
    assert.deepEqual(await findCheckpoint(run, "best"), { name: FIRST });
    await Deno.remove(join(checkpoints, "best"));
    await Deno.copyFile(join(checkpoints, SECOND), join(checkpoints, "best")); // `cp -rL`
    assert.deepEqual(await findCheckpoint(run, "best"), { name: SECOND });
    await Deno.remove(join(checkpoints, SECOND));
    assert.equal(await findCheckpoint(run, "best"), undefined);
  }));

Deno.test("readCheckpoint() looks again where a commit has replaced what it was about to read", () =>
  inRun(async (run, checkpoints) => {
    await writeCommitted(run, { last: committed(FIRST) });
    const { readFile } = Deno;
    let commits = 0;
    Deno.readFile = async (path, options) => {
      if (String(path).endsWith(".safetensors") && commits < 2) {
        commits++;
        await writeCommitted(run, { last: committed(NAMES[commits]!) });
        await Deno.remove(join(checkpoints, NAMES[commits - 1]!));
      }
      return await readFile(path, options);
    };
    try {
      const read = await readCheckpoint(run, "last");
      assert.deepEqual(read, { found: committed(NINTH), bytes: bytesOf(NINTH) });
    } finally {
      Deno.readFile = readFile;
    }
    await Deno.remove(checkpointPath(run, NINTH));
    await assert.rejects(readCheckpoint(run, "last"), {
      name: "RunError",
      message: `Could not read ${checkpointPath(run, NINTH)}: there is no such file or directory`,
    });
  }));
