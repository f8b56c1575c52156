import assert from "node:assert/strict";
import { crc32, deflateRawSync } from "node:zlib";
import { openZip } from "../../../src/format/zip/reader.ts";
import { type MadeEntry, madeZip } from "./made_zip.ts";

const content = Uint8Array.of(1, 2, 3), other = Uint8Array.of(4, 5);
const A: MadeEntry = { name: "x/a", content }, B: MadeEntry = { name: "x/b", content: other };

for (const wide of [false, true]) {
  Deno.test(`openZip() gives the bytes of stored entries, of ${wide ? 64 : 32}-bit sizes`, () => {
    const bytes = madeZip([A, { name: "x/", content: new Uint8Array() }, B], { wide });
    const { names, read } = openZip(bytes, "a.zip");
    assert.deepEqual(names, ["x/a", "x/b"]);
    assert.deepEqual([read("x/a"), read("x/b"), read("x/c")], [content, other, undefined]);
    assert.equal(read("x/a")!.buffer, bytes.buffer, "nothing is copied");
  });
}

Deno.test("openZip() takes names with colons and backslashes, as PyTorch makes them of a file's", () => {
  const names = ["r18_12:30:00/data.pkl", "x\\y/data.pkl", "a:/..b"];
  const { read } = openZip(madeZip(names.map((name) => ({ ...A, name }))), "a.pth");
  for (const name of names) assert.deepEqual(read(name), content);
});

Deno.test("openZip() reads what is far larger than the archive, of 64-bit sizes as Python writes them", async () => {
  const zeros = new Uint8Array(100_000), packed = deflateRawSync(zeros);
  const entry = { ...A, content: packed, method: 8, size: zeros.length, checksum: crc32(zeros) };
  const open = (size: number) => openZip(madeZip([{ ...entry, size }], { wide: true }), "a.npz");
  const reader = open(zeros.length).open("x/a")!;
  assert.deepEqual(await reader.take(zeros.length), zeros);
  await reader.end();
  const claiming = open(2 ** 50).open("x/a")!;
  await assert.rejects(claiming.take(2 ** 49), /more bytes than can be packed in it/);
  await claiming.cancel();
  assert.throws(() => open(2 ** 60), /claims more bytes than there are/);
});

Deno.test("openZip() says what keeps an entry from being read, when somebody reads it", () => {
  const { read, names } = openZip(
    madeZip([{ ...A, method: 8, size: 2 ** 31 }, { ...B, flags: 1 }, {
      ...A,
      name: "x/c",
      checksum: 1,
    }]),
    "a.zip",
  );
  assert.equal(names.length, 3);
  assert.throws(() => read("x/a"), { name: "UsageError", message: /"x\/a" is compressed/ });
  assert.throws(() => read("x/b"), { name: "UsageError", message: /"x\/b" is encrypted\.$/ });
  assert.throws(() => read("x/c"), { name: "UsageError", message: /"x\/c" is damaged: its check/ });
});

const huge = Array.from(
  { length: 1000 },
  (_, i): MadeEntry => ({ name: `${i}`, content, offset: 0 }),
);
const WRONG: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ["no end", madeZip([A]).subarray(0, -1), /its end is missing/],
  ["nothing but an end's beginning", madeZip([A]).subarray(-22, -3), /cut short|is missing/],
  ["more behind its end", Uint8Array.of(...madeZip([A]), 0), /something follows its end/],
  [
    "entries that share bytes",
    madeZip([A, { ...B, name: "x/a2", localName: "x/a", offset: 0 }]),
    /header/,
  ],
  [
    "a bomb of entries in one place",
    madeZip(huge.map((each) => ({ ...each, localName: "0" }))),
    /header|overlaps/,
  ],
  ["one entry twice", madeZip([A, A]), /it holds "x\/a" twice/],
  [
    "a name that leads out",
    madeZip([{ ...A, name: "x/../../etc/passwd" }]),
    /the name "x\/\.\.\/\.\.\/etc\/passwd" leads out/,
  ],
  ["an absolute name", madeZip([{ ...A, name: "/etc/passwd" }]), /leads out of its folder/],
  ["a Windows name", madeZip([{ ...A, name: "C:\\x" }]), /leads out of its folder/],
  ["a Windows name that leads out", madeZip([{ ...A, name: "x\\..\\..\\y" }]), /leads out of/],
  ["a name with a NUL", madeZip([{ ...A, name: "x\0" }]), /leads out of its folder/],
  [
    "another name before the content",
    madeZip([{ ...A, localName: "x/b" }]),
    /another header than the directory/,
  ],
  [
    "two sizes of a stored entry",
    madeZip([{ ...A, size: 2 ** 30 }]),
    /is stored and has two sizes/,
  ],
  [
    "an entry that reaches into the directory",
    madeZip([{ ...A, packed: 4, size: 4 }]),
    /ends behind the last/,
  ],
  ["an entry where none is", madeZip([{ ...A, offset: 1 }]), /is not where the directory says/],
  [
    "an entry beyond the end",
    madeZip([{ ...A, offset: 2 ** 31 }]),
    /is not where the directory says/,
  ],
  ["fewer entries than it says", madeZip([A], { count: 2 }), /fewer entries than it says/],
  ["fewer entries, 64 bits", madeZip([A], { count: 2 ** 40, wide: true }), /claims more bytes/],
  [
    "bytes that are no text for a name",
    madeZip([{ ...A, name: "x/\ud800" }]).map((byte) => byte === 0xef ? 0xff : byte),
    /not valid/,
  ],
];

for (const [what, bytes, message] of WRONG) {
  Deno.test(`openZip() refuses an archive with ${what}`, () => {
    assert.throws(() => openZip(bytes, "a.pt"), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, /^a\.pt is not a usable zip archive: [^\n]+\.$/);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("openZip() refuses entries of which the second begins within the first", () => {
  const inner = madeZip([{ name: "b", content: other }]).subarray(0, 33); // a header and its content
  const outer: MadeEntry = { name: "a", content: inner };
  const bytes = madeZip([outer, { name: "b", content: other, offset: 31 }]);
  assert.throws(() => openZip(bytes, "a.pt"), { message: /"b" overlaps another entry/ });
});
