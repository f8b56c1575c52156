/** Networks from elsewhere, taken over and looked into by the program. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { decodeSafetensors, encodeSafetensors } from "../../../src/format/safetensors.ts";
import { sha256 } from "../../../src/format/sha256.ts";
import { inTemporary } from "../../memory/support.ts";
import { fixture } from "../../testing/fixture.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";

const OURS = fixture("steps_w2").under("start.");

/** Writes our state dict as another framework would have it; the file's path. */
async function writeForeign(folder: string): Promise<string> {
  const path = join(folder, "theirs.bin");
  const foreign = new Map([...OURS].map(([name, tensor]) => [`module.${name}`, tensor]));
  await Deno.writeFile(path, encodeSafetensors(foreign, {}));
  return path;
}

Deno.test("memloss weights import writes what eval then takes without a word", () =>
  inTemporary(async (folder) => {
    const theirs = await writeForeign(folder), ours = join(folder, "ours.safetensors");
    const imported = JSON.parse(
      (await memlossDone("weights", "import", theirs, "--out", ours, "--json")).stdout,
    );
    assert.equal(imported.outSha256, sha256(await Deno.readFile(ours)));
    assert.equal(imported.network.title, "ResNet-18");
    assert.equal(imported.notes.length, 1);
    const { tensors } = decodeSafetensors(await Deno.readFile(ours), ours);
    assert.deepEqual(new Map([...tensors].sort()), new Map([...OURS].sort()));
    const evaluate = (file: string) =>
      memlossDone(
        ...["eval", file, "--data", "synthetic", "--attack", "clean", "--n-ex", "10"],
        ...["--backend", "wasm", "--json"],
      );
    const [first, second] = [await evaluate(theirs), await evaluate(ours)];
    assert.match(first.stderr, /note: The names of its tensors begin with "module\."/);
    assert.doesNotMatch(second.stderr, /note:/);
    assert.deepEqual(JSON.parse(first.stdout).clean, JSON.parse(second.stdout).clean);
  }));

Deno.test("memloss train --from notes what was done to the weights, in a dry run as in a run", () =>
  inTemporary(async (folder) => {
    const theirs = await writeForeign(folder), run = join(folder, "run");
    const tiny = [
      "--data",
      "synthetic",
      "--limit-train",
      "8",
      "--batch-size",
      "8",
      "--limit-test",
      "8",
    ];
    const train = [
      "train",
      "--from",
      theirs,
      ...tiny,
      "--epochs",
      "1",
      "--select",
      "none",
      "--backend",
      "wasm",
    ];
    for (const more of [["--dry-run"], []]) {
      const { stderr } = await memlossDone(...train, "--run-dir", run, ...more);
      assert.match(stderr, /^note: The names of its tensors begin with "module\."/m, more.join());
    }
  }));

Deno.test("memloss weights show prints every tensor with its digest, and which network they are", () =>
  inTemporary(async (folder) => {
    const theirs = await writeForeign(folder);
    const shown = JSON.parse((await memlossDone("weights", "show", theirs, "--json")).stdout);
    assert.equal(shown.sha256, sha256(await Deno.readFile(theirs)));
    const { data } = OURS.get("bn1.bias")!;
    assert.deepEqual(
      shown.tensors.find(({ name }: { name: string }) => name === "module.bn1.bias"),
      {
        name: "module.bn1.bias",
        dtype: "F32",
        shape: [2],
        sha256: sha256(new Uint8Array(data.buffer)),
      },
    );
    assert.deepEqual([shown.network.title, shown.network.classes], ["ResNet-18", 10]);
    await Deno.writeFile(theirs, encodeSafetensors(new Map([["x", OURS.get("bn1.bias")!]]), {}));
    const { stdout } = await memlossDone("weights", "show", theirs);
    assert.match(stdout, /safetensors, 0\.0 MiB, 1 tensors\n/);
    assert.match(stdout, /No network that this program knows\n {2}.*: for resnet18 it lacks conv1/);
  }));

Deno.test("memloss weights import refuses a name that would cost another file", () =>
  inTemporary(async (folder) => {
    const theirs = await writeForeign(folder), mine = join(folder, "mine.safetensors");
    await Deno.writeTextFile(mine, "years of work");
    const into = (out: string) => memloss("weights", "import", theirs, "--out", out);
    assertRefused(await into(mine), 2, /mine\.safetensors is there already and is not/);
    const another = encodeSafetensors(new Map([...OURS].reverse()), {});
    const [trained, ours] = ["trained", "ours"].map((name) => join(folder, `${name}.safetensors`));
    await Deno.writeFile(trained!, another);
    assertRefused(await into(trained!), 2, /trained\.safetensors is there already and is not/);
    assert.deepEqual(await Deno.readFile(trained!), another);
    for (let time = 0; time < 2; time++) assert.equal((await into(ours!)).code, 0);
    assertRefused(await into(join(folder, "ours.pt")), 2, /--out must be a \.safetensors, not/);
    assertRefused(await memloss("weights", "import", theirs), 2, /--out is missing: name the/);
    assert.equal(await Deno.readTextFile(mine), "years of work");
  }));

Deno.test("memloss says what a file is that is none of weights, whichever command is given it", () =>
  inTemporary(async (folder) => {
    const pointer = join(folder, "model.pth");
    await Deno.writeTextFile(
      pointer,
      "version https://git-lfs.github.com/spec/v1\nsize 46827520\n",
    );
    const commands = [
      ["weights", "show", pointer],
      ["weights", "import", pointer, "--out", join(folder, "ours.safetensors")],
      ["eval", pointer, "--data", "synthetic"],
      ["train", "--from", pointer, "--data", "synthetic", "--run-dir", join(folder, "run")],
    ];
    for (const command of commands) {
      const refused = await memloss(...command);
      assertRefused(refused, 2, /is a Git LFS pointer to 44\.7 MiB .* git lfs pull\.$/);
    }
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name), [
      "model.pth",
    ]);
  }));
