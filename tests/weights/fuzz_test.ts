/** Files of weights with anything in them: what is read is whole, or an error says in a sentence what is wrong. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "../../src/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";
import { HEAD_BYTES, sniff } from "../../src/weights/file/sniff.ts";
import { adoptNetwork } from "../../src/weights/foreign/adopt.ts";
import type { Tree } from "../../src/weights/foreign/candidates.ts";
import { readPyTorch } from "../../src/weights/pytorch/read.ts";
import { fixture } from "../testing/fixture.ts";
import { mutations } from "../testing/mutations.ts";
import { bytesOf, dictCodes, madeArchive, madeLegacy, tensorCodes } from "./pytorch/made_files.ts";

const RUNS = 2000;

const codes = (isLegacy: boolean) =>
  dictCodes({
    epoch: "K\x07",
    state_dict: `ccollections\nOrderedDict\n)R(${
      ["conv1.weight", "bn1.weight"].map((name) =>
        `X${String.fromCharCode(name.length)}\0\0\0${name}${
          tensorCodes({ shape: [3, 2], strides: [1, 3] }, isLegacy)
        }`
      ).join("")
    }u`,
    list: "](K\x01G?\xf8\0\0\0\0\0\0Ne",
  });
const pickle = bytesOf(`\x80\x02${codes(false)}.`);
const floats: SafeTensor = { dtype: "F32", shape: [2, 1], data: Float32Array.of(1, 2) };
const safetensors = encodeSafetensors(
  new Map([["conv1.weight", floats], ["linear.weight", { ...floats, dtype: "F32" }]]),
  { format: "pt" },
);

const READERS: [
  what: string,
  whole: Uint8Array<ArrayBuffer>,
  read: (bytes: Uint8Array<ArrayBuffer>) => Tree,
][] = [
  ["an archive", madeArchive(codes(false)), (bytes) => readPyTorch(bytes, true, "a.pt")],
  ["an archive's pickle", pickle, (bytes) => readPyTorch(madeArchive(bytes), true, "a.pt")],
  [
    "a file of the older format",
    madeLegacy(codes(true)),
    (bytes) => readPyTorch(bytes, false, "a.pt"),
  ],
  ["a safetensors file", safetensors, (bytes) => decodeSafetensors(bytes, "a.pt").tensors],
];

for (const [what, whole, read] of READERS) {
  Deno.test(`${what} with anything in it is read whole or refused`, () => {
    let refused = 0;
    assert.ok(read(whole).size > 0, "unchanged, it is read");
    fc.assert(
      fc.property(mutations(whole), ({ bytes }) => {
        const begun = performance.now();
        try {
          const ends = { head: bytes.subarray(0, HEAD_BYTES), tail: bytes };
          sniff("a.pt", { ...ends, size: bytes.length });
          const tree = read(bytes);
          assertWhole(tree, new Set());
          adoptNetwork(tree, "a.pt");
        } catch (error) {
          assert.ok(
            error instanceof UsageError,
            String(error instanceof Error ? error.stack : error),
          );
          assert.match(error.message, /^[^\n]+$/);
          refused++;
        }
        assert.ok(
          performance.now() - begun < 5000,
          "within a second, on a machine that is not busy",
        );
      }),
      { numRuns: RUNS },
    );
    assert.ok(refused > RUNS / 2, `${refused} refused`);
  });
}

/** Asserts that every tensor has as many values as its shape says. */
function assertWhole(tree: Tree, seen: Set<Tree>): void {
  if (seen.has(tree)) return;
  seen.add(tree);
  for (const value of tree.values()) {
    if (value instanceof Map) {
      assertWhole(value, seen);
      continue;
    }
    const { shape, data } = value as SafeTensor;
    assert.equal(data.length, shape.reduce((a, b) => a * b, 1));
  }
}

Deno.test("a state dict with any tensor dropped, renamed, reshaped or added is refused, and it is named", () => {
  const ours = fixture("steps_w2").under("start.");
  const needed = [...ours.keys()].filter((name) => !name.endsWith("num_batches_tracked"));
  const change = fc.constantFrom("drop", "rename", "reshape", "add", "type");
  fc.assert(
    fc.property(
      fc.constantFrom(...needed),
      change,
      fc.constantFrom("", "module."),
      (name, how, prefix) => {
        const dict = new Map(ours), tensor = dict.get(name)!;
        if (how === "drop" || how === "rename") dict.delete(name);
        if (how === "rename" || how === "add") dict.set(`${name}_2`, tensor);
        if (how === "reshape") dict.set(name, { ...tensor, shape: [...tensor.shape, 1] });
        if (how === "type") {
          dict.set(name, {
            dtype: "U8",
            shape: tensor.shape,
            data: new Uint8Array(tensor.data.length),
          });
        }
        const file = new Map([...dict].map(([name, tensor]) => [prefix + name, tensor]));
        assert.throws(() => adoptNetwork(file, "a.pt"), (error: Error) => {
          assert.ok(error instanceof UsageError);
          assert.ok(error.message.includes(name), `${how} ${name}: ${error.message}`);
          return true;
        });
      },
    ),
    { numRuns: 300 },
  );
});
