import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "../../../src/errors.ts";
import { type HeaderCheck, readNpz } from "../../../src/format/arrays/npz.ts";
import { usageError } from "../../data/usage_error.ts";
import { mutations } from "../../testing/mutations.ts";
import { madeZip } from "../zip/made_zip.ts";
import { type MadeNpy, madeNpy, madeNpz, packedEntry } from "./made_npz.ts";

const A: MadeNpy = { shape: [2, 3], bytes: Uint8Array.of(0, 1, 2, 253, 254, 255) };
const wanted = new Map<string, HeaderCheck>([["a", () => {}]]);
const read = (file: Uint8Array<ArrayBuffer>) => readNpz(file, wanted, "a.npz");
const refused = (file: Uint8Array<ArrayBuffer>, ...needles: string[]) =>
  assert.rejects(read(file), usageError("a.npz", ...needles));
const described = (header: string) => madeNpz({ a: { ...A, header } });

Deno.test("readNpz() reads arrays of each version, plain and packed", async () => {
  for (const packed of [false, true]) {
    for (const version of [1, 2, 3] as const) {
      const [array] = await read(madeNpz({ b: new Uint8Array(3), a: { ...A, version } }, packed));
      const { bytes, ...header } = array!;
      assert.deepEqual([...bytes], [...A.bytes]);
      assert.deepEqual(header, { kind: "u", itemBytes: 1, bigEndian: false, shape: [2, 3] });
    }
  }
  const other = "{'shape': (3,), 'descr': '>i2', 'fortran_order': False}";
  const [array] = await read(described(other));
  assert.deepEqual([array!.kind, array!.itemBytes, array!.bigEndian, array!.shape], [
    ...["i", 2, true],
    [3],
  ]);
});

Deno.test("readNpz() says what an array is that it does not read", async () => {
  await refused(madeNpz({ b: A }), 'no array "a", only "b"', "numpy.savez");
  await refused(madeNpz({ a: new Uint8Array(200) }), "no .npy file");
  const object = "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }";
  await refused(described(object), 'of type "|O"');
  const hostile = described(object.replace("|O", "\x1b[2J\n"));
  await refused(hostile, 'of type "\\u001b[2J\\n"');
  await refused(described(object.replace("'|O'", "[('x', '<f4')]")), "not as NumPy writes it");
  await refused(described(object.replace("False", "True")), "ascontiguousarray");
  const bytes = object.replace("|O", "|u1");
  await refused(described(bytes.replace("(2, 3)", "(2, -3)")), "not as NumPy writes it");
  await refused(described(bytes.replace("(2, 3)", "(2, , 3)")), 'dimension of ""');
  await refused(described(bytes.replace("(2, 3)", "(2\n3,)")), 'dimension of "2\\n3"');
  await refused(described(bytes.replace("(2, 3)", `(${"9".repeat(30)},)`)), "dimension of");
  await refused(described(bytes.replace("(2, 3)", "(2, 4)")), "takes 8 bytes, and there are 6");
  await refused(described(bytes.replace("'shape'", "'descr'")), "not as NumPy writes it");
  await refused(described("__import__('os')"), "not as NumPy writes it");
});

Deno.test("readNpz() is not made to cost memory or time", async () => {
  const huge = `{'descr': '|u1', 'fortran_order': False, 'shape': (${2 ** 40},), }`;
  await refused(described(huge), `takes ${2 ** 40} bytes`);
  const claims = madeNpy({ ...A, header: huge });
  const entry = packedEntry("a.npy", claims);
  const bytes = 2 ** 40 - 6 + claims.length; // as many as the description says
  await refused(madeZip([{ ...entry, size: bytes }], { wide: true }), "claims more bytes");
  const long = madeNpy({ ...A, version: 2 });
  new DataView(long.buffer).setUint32(8, 2 ** 31, true);
  await refused(madeNpz({ a: long }), "described in 2147483648 bytes");
  const more = packedEntry("a.npy", madeNpy({ ...A, bytes: new Uint8Array(2 ** 20) }));
  await refused(madeZip([{ ...more, size: madeNpy(A).length }]), "holds more than it says");
  const right = packedEntry("a.npy", madeNpy(A));
  await refused(madeZip([{ ...right, checksum: 1 }]), "its checksum is another");
  await refused(madeZip([{ ...right, method: 12 }]), "packed by method 12");
  await refused(madeZip([{ ...right, flags: 1 }]), "encrypted");
});

const FUZZED: [
  string,
  Uint8Array<ArrayBuffer>,
  (bytes: Uint8Array<ArrayBuffer>) => typeof bytes,
][] = [
  ["an .npz file", madeNpz({ a: A }), (bytes) => bytes],
  ["a packed .npz file", madeNpz({ a: A }, true), (bytes) => bytes],
  // Where the checksum holds.
  ["an array of a packed file", madeNpy(A), (bytes) => madeZip([packedEntry("a.npy", bytes)])],
];

for (const [name, whole, file] of FUZZED) {
  Deno.test(`readNpz() reads ${name} with anything in it whole or refuses it`, async () => {
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(mutations(whole), async ({ bytes }) => {
        try {
          const [{ shape, itemBytes, bytes: found }] = await read(file(bytes)) as [
            Awaited<ReturnType<typeof readNpz>>[number],
          ];
          assert.equal(found.length, shape.reduce((a, b) => a * b, itemBytes));
        } catch (error) {
          assert.ok(error instanceof UsageError, String((error as Error).stack));
          assert.match(error.message, /^[^\n]+$/);
          refusals++;
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(refusals > 100, `${refusals} refused`);
  });
}
