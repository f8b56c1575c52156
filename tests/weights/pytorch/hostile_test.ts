/** Files that PyTorch would not write: read as they are meant, or refused in one sentence, at once. */
import assert from "node:assert/strict";
import type { SafeTensor } from "../../../src/format/safetensors.ts";
import { encodeTorch } from "../../../src/weights/export/torch_file.ts";
import type { Tree } from "../../../src/weights/foreign/candidates.ts";
import { readPyTorch } from "../../../src/weights/pytorch/read.ts";
import { fixture } from "../../testing/fixture.ts";
import {
  dictCodes,
  madeArchive,
  madeLegacy,
  type MadeTensor,
  sixFloats,
  tensorCodes,
  untypedCodes,
} from "./made_files.ts";

const ROW: MadeTensor = { shape: [2, 3], strides: [3, 1] };
const dict = (tensor: MadeTensor, isLegacy = false) =>
  dictCodes({ x: tensorCodes(tensor, isLegacy) });

/** Tensor `x` of an archive. */
function tensorOf(tensor: MadeTensor): SafeTensor {
  return readPyTorch(madeArchive(dict(tensor)), true, "a.pt").get("x") as SafeTensor;
}

Deno.test("readPyTorch() reads views as they go through their storage", () => {
  const views: [MadeTensor, number[]][] = [
    [ROW, [0, 1, 2, 3, 4, 5]],
    [{ shape: [3, 2], strides: [1, 3] }, [0, 3, 1, 4, 2, 5]],
    [{ offset: 1, shape: [2], strides: [3] }, [1, 4]],
    [{ offset: 5, shape: [], strides: [] }, [5]],
    [{ offset: 6, shape: [0, 4], strides: [4, 1] }, []],
    [{ shape: [2, 2], strides: [1, 1] }, [0, 1, 1, 2]],
  ];
  for (const [view, values] of views) {
    assert.deepEqual([...tensorOf(view).data as Float32Array], values);
  }
  const legacy = readPyTorch(madeLegacy(dict(ROW, true)), false, "a.pt").get("x") as SafeTensor;
  assert.deepEqual([...legacy.data as Float32Array], [0, 1, 2, 3, 4, 5]);
  const part = { shape: [2], strides: [2], part: [2, 3] } as const;
  const inner = readPyTorch(madeLegacy(dict(part, true)), false, "a.pt").get("x") as SafeTensor;
  assert.deepEqual([...inner.data as Float32Array], [2, 4]);
  const untyped = readPyTorch(
    madeArchive(dictCodes({ x: untypedCodes("float32", 24, [6], [1]) })),
    true,
    "a.pt",
  );
  assert.deepEqual((untyped.get("x") as SafeTensor).data, Float32Array.of(0, 1, 2, 3, 4, 5));
  const behind = readPyTorch(
    madeLegacy(dictCodes({ x: untypedCodes("float32", 24, [2], [1], [8, 16]) }), {
      0: { claims: 24, bytes: sixFloats() },
    }),
    false,
    "a.pt",
  );
  assert.deepEqual((behind.get("x") as SafeTensor).data, Float32Array.of(2, 3));
});

Deno.test("readPyTorch() reads what encodeTorch() writes", () => {
  const ours = fixture("steps_w2").under("start.");
  assert.deepEqual(readPyTorch(encodeTorch(ours, {}), true, "a.pt").size, ours.size);
  for (const [name, tensor] of readPyTorch(encodeTorch(ours, {}), true, "a.pt")) {
    const { dtype, shape, data } = tensor as SafeTensor;
    assert.deepEqual({ dtype, shape, data }, ours.get(name), name);
  }
});

const six = { claims: 6, bytes: sixFloats() };
const ARCHIVES: [string, Uint8Array, RegExp][] = [
  [
    "that runs code",
    madeArchive("cposix\nsystem\nX\x02\0\0\0ls\x85R"),
    /asks for posix\.system, which is not read from a file because it could run anything: save the network alone/,
  ],
  [
    "of a class",
    madeArchive("cmodels\nResNet\n)\x81}b"),
    /asks for models\.ResNet, which is not read/,
  ],
  [
    "whose storage lies about its size",
    madeArchive(dict({ ...ROW, length: 7 })),
    /storage "0" has 24 bytes, and its tensors are told of 28/,
  ],
  [
    "whose storage has another type",
    madeArchive(dict({ ...ROW, type: "DoubleStorage" })),
    /storage "0" has 24 bytes/,
  ],
  [
    "with a view beyond its storage",
    madeArchive(dict({ ...ROW, offset: 1 })),
    /\[2,3\] reaches beyond its storage "0" of 6 elements/,
  ],
  [
    "with strides beyond its storage",
    madeArchive(dict({ shape: [2, 3], strides: [4, 1] })),
    /reaches beyond its storage/,
  ],
  [
    "with a negative stride",
    madeArchive(dict({ shape: [2], strides: [-1], offset: 5 })),
    /no whole number of 0 or more/,
  ],
  [
    "that repeats one element",
    madeArchive(dict({ shape: [2 ** 30], strides: [0] })),
    /reaches beyond its storage/,
  ],
  [
    "of too many dimensions",
    madeArchive(dict({ shape: Array(9).fill(1), strides: Array(9).fill(1) })),
    /and 9 strides/,
  ],
  ["with a shape and no strides", madeArchive(dict({ shape: [2], strides: [] })), /and 0 strides/],
  ["without its storage", madeArchive(dict({ ...ROW, key: "1" })), /storage "1" is missing/],
  [
    "whose storage is elsewhere",
    madeArchive(dict({ ...ROW, key: "../../../etc/passwd" })),
    /storage "\.\.\/\.\.\/\.\.\/etc\/passwd" is missing/,
  ],
  ["with something else for a storage", madeArchive("NQ"), /something is no tuple/],
  [
    "whose tensor is made of nothing",
    madeArchive("ctorch._utils\n_rebuild_tensor_v2\n(NK\0))NNtR"),
    /a tensor has no storage/,
  ],
];

for (const [what, bytes, message] of ARCHIVES) {
  Deno.test(`readPyTorch() refuses an archive ${what}`, () => refuses(bytes, true, message));
}

const LEGACY: [string, Uint8Array, RegExp][] = [
  [
    "that runs code before it is known",
    Uint8Array.from("cos\nsystem\n(tR.", (c) => c.charCodeAt(0)),
    /asks for os\.system/,
  ],
  [
    "that is another pickle",
    Uint8Array.from("\x80\x02}.", (c) => c.charCodeAt(0)),
    /is a pickle, but not one that torch\.save writes/,
  ],
  [
    "whose storage claims more",
    madeLegacy(dict(ROW, true), { 0: { ...six, claims: 2 ** 31 - 1 } }),
    /claims 2147483647 elements/,
  ],
  ["that is cut short", madeLegacy(dict(ROW, true)).subarray(0, -1), /it was cut short/],
  [
    "with more behind it",
    Uint8Array.of(...madeLegacy(dict(ROW, true)), 0),
    /1 bytes follow its last storage/,
  ],
  ["without its storage", madeLegacy(dict(ROW, true), {}), /storage "0" is missing/],
  ["with a storage of nobody's", madeLegacy("}", { 0: six }), /no tensor has storage "0"/],
  [
    "with a part beyond its storage",
    madeLegacy(dict({ ...ROW, part: [1, 6] }, true)),
    /a part of storage "0" reaches beyond it/,
  ],
  [
    "with a storage of two sizes",
    madeLegacy(
      dictCodes({ a: tensorCodes(ROW, true), b: tensorCodes({ ...ROW, length: 7 }, true) }),
    ),
    /storage "0" has two sizes/,
  ],
  [
    "with a tensor that begins within an element",
    madeLegacy(dictCodes({ x: untypedCodes("float32", 24, [2], [1], [1, 20]) }), {
      0: { claims: 24, bytes: sixFloats() },
    }),
    /a tensor begins within an element of storage "0"/,
  ],
];

for (const [what, bytes, message] of LEGACY) {
  Deno.test(`readPyTorch() refuses a file of the older format ${what}`, () =>
    refuses(bytes, false, message));
}

function refuses(bytes: Uint8Array, isArchive: boolean, message: RegExp): void {
  const begun = performance.now();
  assert.throws(() => readPyTorch(bytes, isArchive, "a.pt"), (error: Error) => {
    assert.equal(error.name, "UsageError");
    assert.match(error.message, /^a\.pt [^\n]+\.$/);
    assert.match(error.message, message);
    return true;
  });
  assert.ok(performance.now() - begun < 5000, "within a second, on a machine that is not busy");
}

Deno.test("readPyTorch() refuses a file whose tensors show the same bytes again and again", () => {
  const wide = new Uint8Array(40_000);
  const column: MadeTensor = { length: 10_000, shape: [100, 100], strides: [1, 100] };
  const tensors = (n: number) =>
    dictCodes(
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`${i}`, tensorCodes(column)])),
    );
  const copies = readPyTorch(madeArchive(tensors(10), { 0: wide }), true, "a.pt");
  assert.throws(() => {
    for (const tensor of copies.values()) assert.equal((tensor as SafeTensor).data.length, 10_000);
  }, { name: "UsageError", message: /show the same bytes far more often than a network needs/ });
  refuses(madeArchive(tensors(200), { 0: wide }), true, /show the same bytes far more often/);
});

/** The operations that put a NumPy array of bytes on the stack, in Fortran's order. */
function arrayCodes(shape: readonly number[]): string {
  const sizes = `(${shape.map((size) => `K${String.fromCharCode(size)}`).join("")}t`;
  const bytes = shape.reduce((product, size) => product * size, 1);
  const content = `U${String.fromCharCode(bytes)}${"a".repeat(bytes)}`;
  return `cnumpy.core.multiarray\n_reconstruct\n)R(K\x01${sizes}cnumpy\ndtype\nU\x02u1\x85R\x88${content}tb`;
}

Deno.test("readPyTorch() reads NumPy's arrays, one in many places once, and refuses those that are no tensors", () => {
  const array = `${arrayCodes([2, 3])}q\0`;
  const tree = readPyTorch(madeArchive(`(${array}${"h\0".repeat(1000)}l`), true, "a.pt");
  assert.equal(new Set(tree.values()).size, 1);
  assert.deepEqual((tree.get("999") as SafeTensor).shape, [2, 3]);
  refuses(madeArchive(dictCodes({ x: arrayCodes(Array(9).fill(1)) })), true, /and 9 strides/);
});

Deno.test("readPyTorch() keeps containers that contain themselves, and does not count the billion laughs", () => {
  const cyclic = readPyTorch(madeArchive("}q\0X\x01\0\0\0ah\0s"), true, "a.pt");
  assert.equal(cyclic.get("a"), cyclic);
  let laughs = "]q\0";
  for (let i = 0; i < 100; i++) {
    const [before, own] = [i, i + 1].map((at) => String.fromCharCode(at));
    laughs += `](${`h${before}`.repeat(10)}eq${own}`;
  }
  const top = readPyTorch(madeArchive(`(${laughs}l`), true, "a.pt") as Tree;
  assert.equal(top.size, 101);
  const deep = readPyTorch(madeArchive("](".repeat(100_000) + "e".repeat(100_000)), true, "a.pt");
  assert.equal(deep.size, 1);
  refuses(madeArchive(`(${"]".repeat(21_000)}l`), true, /more than 20000 lists and dicts/);
});
