import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  readUnfinished,
  type Unfinished,
  writeUnfinished,
} from "../../../src/evaluate/autoattack/unfinished.ts";
import { crc32c } from "../../../src/format/crc32c.ts";
import { inTemporary } from "../../memory/support.ts";

const UNFINISHED: Unfinished = {
  clean: Float32Array.of(1, -0, 1e-40),
  member: "fab-t",
  seconds: 0.1 + 0.2,
  states: new Map([
    [7, { asked: 3, run: 1, at: { point: Float32Array.of(0.1, 1), least: Infinity, offset: -0 } }],
    [0, { asked: 2 ** 40 + 1, run: 0, at: { loss: NaN, sum: Float64Array.of(0.1, 2 ** 60 + 1) } }],
    [4_294_967_295, { asked: 0, run: 8 }],
  ]),
};

async function written(directory: string): Promise<string> {
  const path = join(directory, "unfinished.bin");
  await writeUnfinished(path, "key", UNFINISHED);
  return path;
}

Deno.test("readUnfinished() gives back every bit of what writeUnfinished() was given", () =>
  inTemporary(async (directory) => {
    const path = await written(directory);
    assert.deepEqual(await readUnfinished(path, "key"), UNFINISHED);
    const next = { clean: new Float32Array(0), seconds: 0, states: new Map() };
    await writeUnfinished(path, "key", next);
    assert.deepEqual(await readUnfinished(path, "key"), next);
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["unfinished.bin"]);
    assert.equal(await readUnfinished(join(directory, "other"), "key"), undefined);
  }));

Deno.test("writeUnfinished() leaves out what a run does not keep", () =>
  inTemporary(async (directory) => {
    const path = join(directory, "unfinished.bin"),
      states = (at: { best?: Float32Array | undefined }) =>
        new Map([[3, { asked: 1, run: 0, at: { steps: 1, ...at } }]]);
    await writeUnfinished(path, "key", { ...UNFINISHED, states: states({ best: undefined }) });
    assert.deepEqual(await readUnfinished(path, "key"), { ...UNFINISHED, states: states({}) });
  }));

Deno.test("readUnfinished() says that a file cut anywhere or with any byte changed is damaged", () =>
  inTemporary(async (directory) => {
    const path = await written(directory), whole = await Deno.readFile(path);
    const damaged = `The searches that had begun are begun anew: ${path} is damaged.`;
    for (let at = 0; at < whole.length; at++) {
      await Deno.writeFile(path, whole.subarray(0, at));
      assert.equal(await readUnfinished(path, "key"), damaged, `${at} bytes`);
      await Deno.writeFile(path, whole.with(at, whole[at]! ^ 1));
      assert.equal(await readUnfinished(path, "key"), damaged, `byte ${at}`);
    }
  }));

Deno.test("readUnfinished() leaves another evaluation's and another format's alone", () =>
  inTemporary(async (directory) => {
    const path = await written(directory);
    const anew = "The searches that had begun are begun anew:";
    assert.equal(
      await readUnfinished(path, "yek"),
      `${anew} ${path} belongs to another evaluation.`,
    );
    const bytes = await Deno.readFile(path), body = bytes.subarray(0, -4);
    const at = new TextDecoder("latin1").decode(body).indexOf("memloss-unfinished-1");
    body[at + "memloss-unfinished-".length] = "0".charCodeAt(0);
    new DataView(bytes.buffer).setUint32(body.length, crc32c(body), true);
    await Deno.writeFile(path, bytes);
    assert.equal(await readUnfinished(path, "key"), `${anew} ${path} has another format.`);
  }));
