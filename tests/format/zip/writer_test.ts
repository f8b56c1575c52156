import assert from "node:assert/strict";
import { encodeZip } from "../../../src/format/zip/writer.ts";

Deno.test("encodeZip() begins every entry's data at a multiple of 64", () => {
  const data = [0, 1, 63, 64, 65].map((n) => new Uint8Array(n).fill(0xa0 + n));
  const entries = data.map((data, i) => ({ name: "folder/" + "n".repeat(i * 13), data }));
  const bytes = encodeZip(entries), view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  assert.deepEqual([view.getUint32(end, true), view.getUint16(end + 10, true)], [0x06054b50, 5]);
  let at = view.getUint32(end + 16, true);
  for (const { name, data } of entries) {
    const header = view.getUint32(at + 42, true);
    const start = header + 30 + view.getUint16(header + 26, true) +
      view.getUint16(header + 28, true);
    assert.equal(start % 64, 0, name);
    assert.deepEqual(bytes.slice(start, start + data.length), data);
    at += 46 + name.length;
  }
  assert.equal(at, end);
});

Deno.test("encodeZip() refuses what its 32 bits cannot place", () => {
  // A gibibyte five times over: only the sum is made.
  const data = new Uint8Array(2 ** 30);
  const entries = Array.from({ length: 5 }, (_, i) => ({ name: String(i), data }));
  assert.throws(() => encodeZip(entries), RangeError);
});
