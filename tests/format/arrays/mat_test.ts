import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { UsageError } from "../../../src/errors.ts";
import { readMat } from "../../../src/format/arrays/mat.ts";
import { usageError } from "../../data/usage_error.ts";
import { judgedTest } from "../../testing/judge.ts";
import { mutations } from "../../testing/mutations.ts";
import { element, madeMat, type MadeVariable, matHeader, matrix } from "./made_mat.ts";

const X: MadeVariable = { name: "X", shape: [2, 3], values: [0, 1, 2, 253, 254, 255] };
const Y: MadeVariable = { name: "y", shape: [2, 1], type: 9, values: [10, -0.5], flags: 6 };

async function read(bytes: Uint8Array<ArrayBuffer>, ...names: string[]) {
  const arrays = await readMat(bytes, names, "a.mat");
  return names.map((name) => {
    const { shape, values } = arrays.get(name)!;
    return { shape, values: [...values] };
  });
}

/** Bytes of a file of `elements`. */
const fileOf = (...elements: ArrayLike<number>[]) =>
  Uint8Array.from([matHeader(), ...elements].flatMap((each) => Array.from(each)));
/** The element of a packed variable. */
function packed(variable: Uint8Array): number[] {
  const deflated = deflateSync(variable);
  return [...new Uint8Array(Uint32Array.of(15, deflated.length).buffer), ...deflated];
}
const refused = (bytes: Uint8Array<ArrayBuffer>, ...needles: string[]) =>
  assert.rejects(readMat(bytes, ["X"], "a.mat"), usageError("a.mat is not a usable", ...needles));

Deno.test("readMat() gives numbers of every type back, in both byte orders, plain and packed", async () => {
  const range: Record<number, [number, number]> = {
    ...{ 1: [-128, 127], 2: [0, 255], 3: [-32768, 32767], 4: [0, 65535] },
    ...{ 5: [-(2 ** 31), 2 ** 31 - 1], 6: [0, 2 ** 32 - 1], 7: [-4096, 4096], 9: [-1e15, 1e15] },
    ...{ 12: [-1e15, 1e15], 13: [0, 1e15] },
  };
  const array = fc.constantFrom(...Object.keys(range).map(Number)).chain((type) => {
    const [min, max] = range[type]!;
    const values = fc.array(fc.integer({ min, max }), { maxLength: 12 });
    return fc.record({ type: fc.constant(type), values });
  });
  await fc.assert(
    fc.asyncProperty(array, fc.boolean(), fc.boolean(), async ({ type, values }, big, packed) => {
      const shape = [1, values.length], variable = { name: "X", shape, type, values };
      const file = madeMat([{ ...X, name: "other" }, variable, Y], { big, packed });
      const expected = [{ shape, values }, { shape: Y.shape, values: Y.values }];
      assert.deepEqual(await read(file, "X", "y"), expected);
    }),
    { numRuns: 60 },
  );
});

judgedTest(
  "readMat() reads what SciPy writes, and SciPy what the tests write",
  ["scipy"],
  async (judge) => {
    const folder = await Deno.makeTempDir();
    try {
      for (const big of [false, true]) {
        for (const packed of [false, true]) {
          await Deno.writeFile(`${folder}/${big}-${packed}`, madeMat([X, Y], { big, packed }));
        }
      }
      const said = JSON.parse(
        await judge(
          `
import json, sys
import numpy as np
from scipy.io import loadmat, savemat
folder = sys.argv[1]
random = np.random.default_rng(5)
X = random.integers(0, 256, (4, 3, 2, 5), dtype=np.uint8)
y = random.integers(1, 11, (5, 1), dtype=np.uint8)
for packed in (False, True):
    for kind in ("u1", "f8", "i2", "i8", "f4", "u4"):
        values = {"text": "words", "X": X, "y": y.astype(kind), "cell": np.array([1, "a"], object)}
        savemat(f"{folder}/scipy-{packed}-{kind}.mat", values, do_compression=packed)
read = [loadmat(f"{folder}/{big}-{packed}")["X"].tolist()
        for big in ("false", "true") for packed in ("false", "true")]
print(json.dumps({"X": X.ravel("F").tolist(), "y": y.ravel().tolist(), "read": read}))
`,
          folder,
        ),
      );
      assert.deepEqual(said.read, new Array(4).fill([[0, 2, 254], [1, 253, 255]]));
      const expected = [{ shape: [4, 3, 2, 5], values: said.X }, { shape: [5, 1], values: said.y }];
      for (const packed of ["False", "True"]) {
        for (const kind of ["u1", "f8", "i2", "i8", "f4", "u4"]) {
          const file = await Deno.readFile(`${folder}/scipy-${packed}-${kind}.mat`);
          assert.deepEqual(await read(file, "X", "y"), expected);
          await assert.rejects(
            read(file, "cell"),
            usageError('"cell" is no array of real numbers'),
          );
          await assert.rejects(
            read(file, "text"),
            usageError('"text" is no array of real numbers'),
          );
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("readMat() says what a file is that it does not read", async () => {
  const text = (words: string) => new TextEncoder().encode(words.padEnd(600));
  await refused(text("MATLAB 7.3 MAT-file"), "version 7.3", "-v7");
  await refused(text("\x89HDF\r\n"), "its header is missing");
  await refused(new Uint8Array(), "its header is missing");
  await refused(text("x"), "its header is missing");
  await refused(madeMat([Y]), 'no variable "X"');
  await refused(madeMat([{ ...X, flags: 9 | 0x800 }]), "no array of real numbers");
  await refused(madeMat([{ ...X, flags: 5 }]), "no array of real numbers");
  await refused(madeMat([{ ...X, shape: [7] }]), "has the shape [7]");
  await refused(madeMat([{ ...X, shape: [-2, -3] }]), "has the shape [-2,-3]");
  await refused(madeMat([{ ...X, shape: [2, 4] }]), '"X" of [2,4] has 6 numbers');
  await assert.rejects(
    readMat(madeMat([X, X, Y]), ["X", "y"], "a.mat"),
    usageError('"X" twice'),
  );
});

Deno.test("readMat() is not made to cost memory or time", async () => {
  const size = (claimed: number) => new Uint8Array(Uint32Array.of(14, claimed).buffer);
  const whole = matrix(X);
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((each) => [...each]));
  await refused(fileOf(size(2 ** 32 - 1), whole), "cut short");
  await refused(fileOf(packed(join(size(2 ** 32 - 1), whole))), "claims 4294967295 bytes");
  /** A variable of that shape, with an element that claims so many bytes of `type`. */
  const claiming = (shape: number[], type: number, bytes: number) => {
    const described = matrix({ ...X, shape });
    const claim = new Uint8Array(Uint32Array.of(type, bytes).buffer);
    return packed(join(size(2 ** 30), described.subarray(0, described.length - 16), claim));
  };
  await refused(
    fileOf(claiming([2 ** 29, 1], 2, 2 ** 29)),
    "claims more bytes than can be packed in it",
  );
  // What has another size than its shape, or would take eight times its bytes, is not unpacked at all.
  await refused(fileOf(claiming([2, 3], 1, 2 ** 29)), '"X" of [2,3] has 536870912 numbers');
  await refused(fileOf(claiming([2, 3], 9, 2 ** 20 + 4)), '"X" of [2,3] has 131072.5 numbers');
  await refused(
    fileOf(claiming([2 ** 25, 1], 1, 2 ** 25)),
    '"X" has more than 16777216 numbers, and no bytes',
  );
  // A megabyte of zeros in a thousandth of the bytes, where a name of one letter is announced.
  const bomb = join(size(whole.length), whole, new Uint8Array(2 ** 20));
  await refused(fileOf(packed(bomb)), "holds more than it says");
  const nothing = element(14, matrix({ ...X, name: "other" }));
  await refused(fileOf(...new Array(1001).fill(nothing)), "more than 1000 variables");
  await refused(
    fileOf(element(14, Uint8Array.from(element(6, new Uint8Array(512))))),
    "described by an element of type 6 and 512 bytes",
  );
});

const FUZZED: [name: string, whole: Uint8Array<ArrayBuffer>, file: typeof packedFile][] = [
  ["a MATLAB file", madeMat([X, Y]), (bytes) => bytes],
  ["a packed MATLAB file", madeMat([X, Y], { packed: true }), (bytes) => bytes],
  // Where the checksum holds: what is packed may be anything, too.
  ["what is packed in a MATLAB file", Uint8Array.from(element(14, matrix(X))), packedFile],
];

/** A file with `content` packed, and with {@linkcode Y}. */
function packedFile(content: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return fileOf(packed(content), element(14, matrix(Y)));
}

for (const [name, whole, file] of FUZZED) {
  Deno.test(`${name} with anything in it is read whole or refused`, async () => {
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(mutations(whole), async (mutated) => {
        const bytes = file(mutated.bytes);
        try {
          for (const { shape, values } of (await readMat(bytes, ["X", "y"], "a.mat")).values()) {
            assert.equal(values.length, shape.reduce((a, b) => a * b, 1));
          }
        } catch (error) {
          assert.ok(error instanceof UsageError, String((error as Error).stack));
          assert.match(error.message, /^[^\n]+$/);
          refusals++;
        }
      }),
      { numRuns: 600 },
    );
    assert.ok(refusals > 250, `${refusals} refused`);
  });
}
