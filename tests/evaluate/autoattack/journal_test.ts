import assert from "node:assert/strict";
import { join } from "@std/path";
import { Journal } from "../../../src/evaluate/autoattack/journal.ts";
import type { Unfinished } from "../../../src/evaluate/autoattack/unfinished.ts";
import type { Verdict } from "../../../src/evaluate/autoattack/verdict.ts";
import { inTemporary } from "../../memory/support.ts";
import { snapshot } from "../../testing/folder.ts";
import { VALUES } from "../../testing/images.ts";

const IMAGE_BYTES = 4 * VALUES;

function image(value: number): Float32Array {
  return new Float32Array(VALUES).fill(value);
}

const VERDICTS: readonly Verdict[] = [
  { member: "apgd-ce", id: 3, outcome: { image: image(0.25), predicted: 4 }, seconds: 1 },
  { member: "apgd-ce", id: 1, outcome: undefined, seconds: 2.5 },
  { member: "square", id: 1, outcome: { image: image(0.5), predicted: -1 }, seconds: 0.25 },
];

/** Makes a journal of {@linkcode VERDICTS}. */
async function write(directory: string): Promise<void> {
  const journal = await Journal.open(directory, "key", VALUES);
  for (const verdict of VERDICTS) await journal.append(verdict);
  journal.close();
}

async function reopen(directory: string, key = "key"): Promise<readonly Verdict[]> {
  const journal = await Journal.open(directory, key, VALUES);
  journal.close();
  return journal.verdicts;
}

Deno.test("Journal gives back what it was given, in that order, and takes more", () =>
  inTemporary(async (directory) => {
    await write(directory);
    assert.deepEqual(await reopen(directory), VERDICTS);
    const journal = await Journal.open(directory, "key", VALUES);
    const part = new Float32Array(3 * VALUES).fill(1, VALUES, 2 * VALUES);
    const outcome = { image: part.subarray(VALUES, 2 * VALUES), predicted: 0 };
    const more: Verdict = { member: "square", id: 7, outcome, seconds: 3 };
    await journal.append(more);
    journal.close();
    assert.deepEqual(await reopen(directory), [...VERDICTS, more]);
  }));

Deno.test("Journal begins anew for another evaluation", () =>
  inTemporary(async (directory) => {
    await write(directory);
    assert.deepEqual(await reopen(directory, "other"), []);
    assert.deepEqual(await reopen(directory, "other"), []);
    assert.equal((await Deno.stat(join(directory, "adversarial.bin"))).size, 0);
  }));

Deno.test("Journal cut at any byte opens with what is whole, and goes on", () =>
  inTemporary(async (directory) => {
    await write(directory);
    const log = join(directory, "verdicts.jsonl");
    const whole = await Deno.readFile(log);
    for (let length = 0; length < whole.length; length++) {
      await Deno.remove(directory, { recursive: true });
      await write(directory);
      await Deno.truncate(log, length);
      const lines = new TextDecoder().decode(whole.subarray(0, length)).split("\n").length - 1;
      const left = VERDICTS.slice(0, Math.max(0, lines - 1));
      const journal = await Journal.open(directory, "key", VALUES);
      assert.deepEqual(journal.verdicts, left, `${length} bytes`);
      for (const verdict of VERDICTS.slice(left.length)) await journal.append(verdict);
      journal.close();
      assert.deepEqual(await Deno.readFile(log), whole);
    }
  }));

Deno.test("Journal leaves out a verdict with any one byte changed, and those after it", () =>
  inTemporary(async (directory) => {
    await write(directory);
    const log = join(directory, "verdicts.jsonl");
    const whole = await Deno.readFile(log);
    const first = new TextDecoder().decode(whole).indexOf("\n") + 1;
    for (let at = first; at < whole.length; at++) {
      await Deno.remove(directory, { recursive: true });
      await write(directory);
      await Deno.writeFile(log, whole.with(at, whole[at]! ^ 1));
      const before = new TextDecoder().decode(whole.subarray(first, at)).split("\n").length - 1;
      assert.deepEqual(await reopen(directory), VERDICTS.slice(0, before), `byte ${at}`);
    }
  }));

Deno.test("Journal leaves out verdicts whose image is lost, torn or another", () =>
  inTemporary(async (directory) => {
    const images = join(directory, "adversarial.bin");
    const damage: ((bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>)[] = [
      (bytes) => bytes.slice(0, 2 * IMAGE_BYTES - 1),
      (bytes) => bytes.slice(0, IMAGE_BYTES),
      (bytes) => bytes.with(IMAGE_BYTES + 77, bytes[IMAGE_BYTES + 77]! ^ 1),
      (bytes) => bytes.fill(0, IMAGE_BYTES),
    ];
    for (const change of damage) {
      await Deno.remove(directory, { recursive: true });
      await write(directory);
      await Deno.writeFile(images, change(await Deno.readFile(images)));
      assert.deepEqual(await reopen(directory), VERDICTS.slice(0, 2));
      assert.equal((await Deno.stat(images)).size, IMAGE_BYTES);
    }
  }));

Deno.test("Journal writes to no file that a link leads to", () =>
  inTemporary(async (directory) => {
    const folder = join(directory, "state"), elsewhere = join(directory, "elsewhere");
    for (const name of ["verdicts.jsonl", "adversarial.bin", "unfinished.bin"]) {
      await write(folder);
      await Deno.writeTextFile(elsewhere, "mine");
      await Deno.remove(join(folder, name)).catch(() => {});
      await Deno.symlink(elsewhere, join(folder, name));
      await assert.rejects(reopen(folder), new RegExp(`${name} is a symbolic link`));
      assert.equal(await Deno.readTextFile(elsewhere), "mine");
      await Deno.remove(folder, { recursive: true });
    }
  }));

Deno.test({
  name: "Journal lets one evaluation at a time write, and names its folder",
  sanitizeResources: true,
  fn: () =>
    inTemporary(async (directory) => {
      const journal = await Journal.open(directory, "key", VALUES);
      await assert.rejects(Journal.open(directory, "key", VALUES), {
        name: "UsageError",
        message:
          `The evaluation in ${directory} is being made by another process: wait for it to end.`,
      });
      await journal.remove();
      assert.throws(() => Deno.statSync(directory), Deno.errors.NotFound);
      await Deno.writeTextFile(directory, "");
      await assert.rejects(Journal.open(directory, "key", VALUES), {
        name: "UsageError",
        message:
          `The state of an evaluation would be kept in ${directory}, but that is no folder: move it away, or choose another --state-dir.`,
      });
      await Deno.remove(directory);
      await Deno.mkdir(directory);
    }),
});

Deno.test("Journal refuses a folder that holds anything of somebody else's, and leaves it as it is", () =>
  inTemporary(async (directory) => {
    const foreign: Record<string, (path: string) => Promise<void>> = {
      "thesis.tex": (path) => Deno.writeTextFile(path, "years of work"),
      checkpoints: (path) => Deno.mkdir(path),
      "verdicts.jsonl": (path) => Deno.writeTextFile(path, '{"case":"Brown v. Board"}\n'),
    };
    for (const [name, make] of Object.entries(foreign)) {
      const folder = join(directory, `with ${name}`);
      await Deno.mkdir(folder);
      await make(join(folder, name));
      const before = await snapshot(folder);
      await assert.rejects(Journal.open(folder, "key", VALUES), {
        name: "UsageError",
        message: new RegExp(`but there is ${name}, which is not its own: move it away`),
      });
      assert.deepEqual(await snapshot(folder), before);
    }
    const link = join(directory, "link");
    await Deno.symlink(directory, link);
    await assert.rejects(Journal.open(link, "key", VALUES), {
      name: "UsageError",
      message: /is no folder/,
    });
  }));

Deno.test("Journal.remove() unlinks its own files and nothing that came beside them", () =>
  inTemporary(async (directory) => {
    const folder = join(directory, "state"), note = join(folder, "note.txt");
    const journal = await Journal.open(folder, "key", VALUES);
    for (const verdict of VERDICTS) await journal.append(verdict);
    await Deno.writeTextFile(note, "put here meanwhile");
    await journal.remove();
    assert.deepEqual([...(await snapshot(folder)).keys()], ["note.txt"]);
    await Deno.remove(note);
    await (await Journal.open(folder, "key", VALUES)).remove();
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  }));

Deno.test("Journal.append() writes an image before the line that promises it", () =>
  inTemporary(async (directory) => {
    const journal = await Journal.open(directory, "key", VALUES);
    const { write } = Deno.FsFile.prototype;
    const sizes: number[][] = [];
    Deno.FsFile.prototype.write = async function (bytes) {
      const names = ["adversarial.bin", "verdicts.jsonl"];
      sizes.push(names.map((name) => Deno.statSync(join(directory, name)).size));
      return await write.call(this, bytes);
    };
    try {
      await journal.append(VERDICTS[0]!);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
    journal.close();
    const header = '{"key":"key"}\n'.length;
    assert.deepEqual(sizes, [[0, header], [IMAGE_BYTES, header]]);
  }));

const BEGUN: Unfinished = {
  clean: Float32Array.of(1, 2),
  member: "fab-t",
  seconds: 4,
  states: new Map([[5, { asked: 1, run: 0, at: { steps: 3 } }]]),
};

Deno.test("Journal gives back what was begun, and removes it and what a kill left of writing it", () =>
  inTemporary(async (directory) => {
    const folder = join(directory, "state");
    const journal = await Journal.open(folder, "key", VALUES);
    assert.equal(journal.unfinished, undefined);
    await journal.keep(BEGUN);
    journal.close();
    await Deno.writeTextFile(join(folder, "unfinished.bin.tmp-0123abcd"), "half");
    const again = await Journal.open(folder, "key", VALUES);
    assert.deepEqual(again.unfinished, BEGUN);
    const names = ["adversarial.bin", "unfinished.bin", "verdicts.jsonl"];
    assert.deepEqual([...(await snapshot(folder)).keys()].sort(), names);
    await again.remove();
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  }));

Deno.test("Journal.append() says that the disk is full, and where", () =>
  inTemporary(async (directory) => {
    const journal = await Journal.open(directory, "key", VALUES);
    const { write } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.write = () =>
      Promise.reject(Object.assign(new Error("os error 28"), { code: "ENOSPC" }));
    try {
      await assert.rejects(journal.append(VERDICTS[1]!), {
        name: "RunError",
        message: `The evaluation's state in ${directory} could not be kept: ` +
          "the disk is full, free some space and try again.",
      });
    } finally {
      Deno.FsFile.prototype.write = write;
      journal.close();
    }
  }));
