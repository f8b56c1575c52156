import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { readCommittedCheckpoints } from "../../../src/run/checkpoints.ts";
import { readRunRecord } from "../../../src/run/folder/files.ts";
import { RunFolder } from "../../../src/run/folder/run_folder.ts";
import { inTemporary } from "../../memory/support.ts";
import { StorageError } from "../../../src/disk/failure.ts";
import { snapshot } from "../../testing/folder.ts";
import { patched } from "../../disk/patched.ts";
import { recordOf, smallRecipe } from "../../testing/runs.ts";

const RECORD = recordOf(smallRecipe());
const NAMES = [
  "epoch-001.safetensors",
  "epoch-002.safetensors",
  "epoch-003.step-9.safetensors",
  "epoch-003.step-10.safetensors",
] as const;

/** Runs `use` with a run folder that holds all of {@linkcode NAMES}. */
function withFolder(use: (folder: RunFolder, checkpoints: string) => Promise<void>): Promise<void> {
  return inTemporary(async (directory) => {
    const folder = await RunFolder.create(join(directory, "run"), RECORD);
    for (const name of NAMES) await Deno.writeTextFile(folder.checkpointPath(name), name);
    await use(folder, join(folder.directory, "checkpoints"));
    await folder.close();
  });
}

Deno.test("RunFolder.create() makes the folder with its record, and open() reads it back", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "deep", "run");
    const created = await RunFolder.create(runDir, RECORD);
    assert.deepEqual(await readRunRecord(runDir), RECORD);
    await created.close();
    const opened = await RunFolder.open(runDir);
    assert.deepEqual(opened.record, RECORD);
    assert.equal(await opened.last(), undefined);
    await opened.close();
  }));

Deno.test("RunFolder.create() refuses a folder that holds anything, and changes nothing in it", () =>
  inTemporary(async (directory) => {
    for (const name of ["recipe.json", "notes.txt", ".hidden"]) {
      const runDir = join(directory, `of ${name}`);
      await Deno.mkdir(runDir);
      await Deno.writeTextFile(join(runDir, name), "mine");
      const before = await snapshot(runDir);
      await assert.rejects(RunFolder.create(runDir, RECORD), {
        name: "UsageError",
        message: `${runDir} is not empty: choose another --run-dir, ` +
          "or continue the run in it with --resume.",
      });
      assert.deepEqual(await snapshot(runDir), before);
    }
  }));

Deno.test("RunFolder.create() takes an empty folder and one that a killed run never began in, but no file", () =>
  inTemporary(async (directory) => {
    const locked = join(directory, "locked"), file = join(directory, "file");
    await Deno.mkdir(locked);
    await Deno.writeTextFile(join(locked, "run.lock"), "");
    await Deno.writeTextFile(join(locked, "recipe.json.tmp-12"), "{");
    await Deno.writeTextFile(file, "");
    for (const runDir of [await Deno.makeTempDir({ dir: directory }), locked]) {
      await (await RunFolder.create(runDir, RECORD)).close();
      const names = [...Deno.readDirSync(runDir)].map(({ name }) => name).sort();
      assert.deepEqual(names, ["checkpoints", "recipe.json", "run.lock"]);
    }
    await assert.rejects(RunFolder.create(file, RECORD), {
      name: "UsageError",
      message: `${file} is a file, or lies in one: choose another --run-dir.`,
    });
  }));

Deno.test("RunFolder.create() refuses an empty name rather than filling the working directory", async () => {
  await assert.rejects(RunFolder.create("", RECORD), {
    name: "UsageError",
    message: "The name of the run's folder is empty.",
  });
});

Deno.test("RunFolder.open() refuses what is no run folder, and leaves nothing in it", () =>
  inTemporary(async (directory) => {
    const absent = join(directory, "absent");
    for (
      const [runDir, message] of [
        [directory, `${directory} is not a run folder: it has no recipe.json.`],
        [absent, `There is no run folder ${absent}.`],
      ] as const
    ) {
      await assert.rejects(RunFolder.open(runDir), { name: "UsageError", message });
    }
    assert.deepEqual(await snapshot(directory), new Map());
  }));

/** A checkpoint of {@linkcode withFolder} as a commit names it. */
function committed(name: string): { name: string; sha256: string } {
  return { name, sha256: createHash("sha256").update(name).digest("hex") };
}

Deno.test("RunFolder.settle() commits two checkpoints, points the links and removes the others", () =>
  withFolder(async (folder, checkpoints) => {
    await folder.settle({ last: { name: NAMES[2] }, best: NAMES[0] });
    assert.deepEqual(await readCommittedCheckpoints(folder.directory), {
      last: committed(NAMES[2]),
      best: committed(NAMES[0]),
    });
    assert.equal(await Deno.readTextFile(join(checkpoints, "last")), NAMES[2]);
    assert.equal(await Deno.readTextFile(join(checkpoints, "best")), NAMES[0]);
    assert.deepEqual([...(await snapshot(checkpoints)).keys()], [
      "best",
      "committed.json",
      NAMES[0],
      NAMES[2],
      "last",
    ]);
    await folder.settle({ last: committed(NAMES[2]), best: NAMES[2] });
    assert.deepEqual([...(await snapshot(checkpoints)).keys()], [
      ...["best", "committed.json", NAMES[2], "last"],
    ]);
    assert.equal(await Deno.readLink(join(checkpoints, "best")), NAMES[2]);
  }));

Deno.test("RunFolder.settle() keeps the digest that the best checkpoint was committed with", () =>
  withFolder(async (folder) => {
    await folder.settle({ last: committed(NAMES[0]), best: NAMES[0] });
    await Deno.writeTextFile(folder.checkpointPath(NAMES[0]), "damaged");
    await Deno.writeTextFile(folder.checkpointPath(NAMES[1]), NAMES[1]);
    await folder.settle({ last: committed(NAMES[1]), best: NAMES[0] });
    assert.deepEqual((await readCommittedCheckpoints(folder.directory))!.best, committed(NAMES[0]));
  }));

Deno.test("RunFolder.settle() does without links where there can be none", () =>
  withFolder(async (folder, checkpoints) => {
    const { symlink } = Deno;
    Deno.symlink = () => Promise.reject(new Error("Operation not supported (os error 95)"));
    try {
      await Deno.writeTextFile(join(checkpoints, "last"), "a copy that followed the link");
      await folder.settle({ last: committed(NAMES[1]), best: NAMES[0] });
    } finally {
      Deno.symlink = symlink;
    }
    assert.deepEqual([...(await snapshot(checkpoints)).keys()], [
      ...["committed.json", NAMES[0], NAMES[1]],
    ]);
    assert.deepEqual(await folder.last(), committed(NAMES[1]));
  }));

Deno.test("RunFolder.settle() asks nobody for a permission that links need", () =>
  withFolder(async (folder, checkpoints) => {
    const { symlink } = Deno, { query } = Deno.permissions;
    Deno.symlink = () => assert.fail("at a terminal, the run would wait for an answer");
    Deno.permissions.query = async (each) => {
      const status = await query.call(Deno.permissions, each);
      return each.name === "write" ? Object.create(status, { state: { value: "prompt" } }) : status;
    };
    try {
      await folder.settle({ last: committed(NAMES[1]), best: NAMES[0] });
    } finally {
      Deno.symlink = symlink;
      Deno.permissions.query = query;
    }
    assert.deepEqual([...(await snapshot(checkpoints)).keys()], [
      ...["committed.json", NAMES[0], NAMES[1]],
    ]);
  }));

Deno.test("RunFolder.settle() repairs links and sweeps up what a crash left, but not the user's files", () =>
  withFolder(async (folder, checkpoints) => {
    await Deno.symlink("epoch-000.safetensors", join(checkpoints, "last")); // dangling
    await Deno.symlink(NAMES[0], join(checkpoints, "best.tmp"));
    await Deno.writeTextFile(join(checkpoints, "best"), "a copy that followed the link");
    await Deno.writeTextFile(join(checkpoints, `${NAMES[3]}.tmp-4711`), "torn");
    const theirs = ["README", "epoch-001.safetensors.bak", "my-epoch-001.safetensors", "old"];
    await Deno.mkdir(join(checkpoints, "old"));
    await Deno.writeTextFile(join(checkpoints, "old", NAMES[0]), "kept by hand");
    for (const name of theirs.slice(0, 3)) {
      await Deno.writeTextFile(join(checkpoints, name), "kept by hand");
    }
    await folder.settle({ last: committed(NAMES[1]), best: NAMES[1] });
    const names = (await Array.fromAsync(Deno.readDir(checkpoints))).map(({ name }) => name);
    assert.deepEqual(names.sort(), [...theirs, NAMES[1], "best", "committed.json", "last"].sort());
    assert.equal(await Deno.readLink(join(checkpoints, "last")), NAMES[1]);
    assert.equal(await Deno.readLink(join(checkpoints, "best")), NAMES[1]);
    assert.equal(await Deno.readTextFile(join(checkpoints, "old", NAMES[0])), "kept by hand");
  }));

Deno.test("RunFolder.settle() leaves folders alone, whatever they are called", () =>
  withFolder(async (folder, checkpoints) => {
    const theirs = ["best.tmp", "last.tmp", "epoch-009.safetensors", "best.tmp-0a1b2c3d"];
    for (const name of theirs) {
      await Deno.mkdir(join(checkpoints, name));
      await Deno.writeTextFile(join(checkpoints, name, "notes"), "mine");
    }
    await folder.settle({ last: committed(NAMES[1]), best: NAMES[1] });
    const names = (await Array.fromAsync(Deno.readDir(checkpoints))).map(({ name }) => name);
    assert.deepEqual(names.sort(), [...theirs, NAMES[1], "best", "committed.json", "last"].sort());
  }));

Deno.test("RunFolder.settle() says that it may not write, and leaves everything as it was", () =>
  withFolder(async (folder, checkpoints) => {
    const before = await snapshot(checkpoints);
    const denied = Object.assign(new Deno.errors.PermissionDenied("no"), { code: "EACCES" });
    const open = patched(Deno, "open", (path) => String(path).includes("committed"), denied);
    await open.during(() =>
      assert.rejects(folder.settle({ last: committed(NAMES[1]), best: undefined }), StorageError)
    );
    assert.deepEqual(await snapshot(checkpoints), before);
  }));

Deno.test("RunFolder.open() removes what killed processes left of the run's files, and nothing else", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run");
    await (await RunFolder.create(runDir, RECORD)).close();
    const torn = ["recipe.json.tmp-12", "metrics.jsonl.tmp-0a1b2c3d", "metrics.csv.tmp-4711"];
    const theirs = ["notes.tmp-1a", "metrics.jsonl.bak", "recipe.json.tmp-mine"];
    for (const name of [...torn, ...theirs]) await Deno.writeTextFile(join(runDir, name), "{");
    await Deno.mkdir(join(runDir, "metrics.csv.tmp-1"));
    await (await RunFolder.open(runDir)).close();
    const names = (await Array.fromAsync(Deno.readDir(runDir))).map(({ name }) => name).sort();
    const ours = ["checkpoints", "recipe.json", "run.lock"];
    assert.deepEqual(names, [...theirs, ...ours, "metrics.csv.tmp-1"].sort());
  }));

Deno.test("RunFolder.open() lets the next process in after it failed", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run");
    await (await RunFolder.create(runDir, RECORD)).close();
    await Deno.remove(join(runDir, "checkpoints"));
    await Deno.writeTextFile(join(runDir, "checkpoints"), "no folder");
    await assert.rejects(RunFolder.open(runDir), { name: "RunError", message: /checkpoints/ });
    await Deno.remove(join(runDir, "checkpoints"));
    await (await RunFolder.open(runDir)).close();
  }));

Deno.test("RunFolder.withdraw() makes room for the same start, and takes nobody else's file with it", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run");
    const folder = await RunFolder.create(runDir, RECORD);
    await Deno.mkdir(folder.memoryDirectory);
    const made = [
      "metrics.jsonl",
      "metrics.csv",
      "memory/index.kv",
      "memory/index.kv-wal",
      "memory/index.json",
    ];
    for (const name of made) await Deno.writeTextFile(join(runDir, name), "");
    await folder.withdraw();
    await folder.close();
    assert.deepEqual([...(await snapshot(runDir)).keys()], ["run.lock"]);

    const again = await RunFolder.create(runDir, RECORD);
    await Deno.writeTextFile(again.checkpointPath("epoch-001.safetensors"), "trained");
    await Deno.writeTextFile(join(runDir, "notes"), "mine");
    await again.withdraw();
    await again.close();
    assert.deepEqual([...(await snapshot(runDir)).keys()], [
      ...["checkpoints", "checkpoints/epoch-001.safetensors", "notes", "run.lock"],
    ]);
  }));

Deno.test("RunFolder.create() refuses a folder that somebody fills while it waits for the lock", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run"), stranger = join(runDir, "stranger.txt");
    const { open } = Deno;
    Deno.open = async (path, options) => {
      if (String(path).endsWith("run.lock")) await Deno.writeTextFile(stranger, "mine");
      return await open(path, options);
    };
    try {
      await assert.rejects(RunFolder.create(runDir, RECORD), {
        name: "UsageError",
        message: /is not empty: choose another --run-dir/,
      });
    } finally {
      Deno.open = open;
    }
    assert.equal(await Deno.readTextFile(stranger), "mine");
    await assert.rejects(readRunRecord(runDir), /is not a run folder/);
  }));

Deno.test("RunFolder.create() that fails after its record leaves the folder to the next start", () =>
  inTemporary(async (directory) => {
    const runDir = join(directory, "run");
    const full = Object.assign(new Error("No space left on device (os error 28)"), {
      code: "ENOSPC",
    });
    const mkdir = patched(Deno, "mkdir", (path) => String(path).endsWith("checkpoints"), full);
    await assert.rejects(mkdir.during(() => RunFolder.create(runDir, RECORD)), /checkpoints/);
    await (await RunFolder.create(runDir, RECORD)).close();
  }));

Deno.test("RunFolder.settle() removes no checkpoint before its record names the others", () =>
  withFolder(async (folder) => {
    const { remove } = Deno;
    const named: (string | undefined)[] = [];
    Deno.remove = async (path, options) => {
      if (String(path).endsWith(".safetensors")) {
        named.push((await readCommittedCheckpoints(folder.directory))?.last.name);
      }
      await remove(path, options);
    };
    try {
      await folder.settle({ last: { name: NAMES[1] }, best: NAMES[0] });
    } finally {
      Deno.remove = remove;
    }
    assert.deepEqual(named, [NAMES[1], NAMES[1]]);
  }));
