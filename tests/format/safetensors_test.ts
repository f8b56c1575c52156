import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "../../src/errors.ts";
import {
  checkSafetensors,
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";

/** A file of the given header text and body, as any program might write it. */
function file(header: string | Uint8Array, body: number[] = []): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function refuses(bytes: Uint8Array, pattern: RegExp): void {
  assert.throws(() => decodeSafetensors(bytes, "weights.safetensors"), (error: unknown) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.match(error.message, /^weights\.safetensors is not a usable safetensors file: /);
    assert.match(error.message, pattern);
    return true;
  });
}

const shapeOf = fc.array(fc.nat(4), { maxLength: 3 });
const length = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
const tensor: fc.Arbitrary<SafeTensor> = shapeOf.chain((shape): fc.Arbitrary<SafeTensor> => {
  const n = length(shape), size = { minLength: n, maxLength: n };
  return fc.oneof(
    fc.float32Array(size).map((data) => ({ dtype: "F32", shape, data }) as const),
    fc.float64Array(size).map((data) => ({ dtype: "F64", shape, data }) as const),
    fc.int32Array(size).map((data) => ({ dtype: "I32", shape, data }) as const),
    fc.bigInt64Array(size).map((data) => ({ dtype: "I64", shape, data }) as const),
    fc.uint8Array(size).map((data) => ({ dtype: "U8", shape, data }) as const),
  );
});
const tensors = fc.uniqueArray(fc.tuple(fc.string().filter((s) => s !== "__metadata__"), tensor), {
  maxLength: 6,
  selector: ([name]) => name,
}).map((entries) => new Map(entries));
const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true });

Deno.test("decodeSafetensors() gives back what encodeSafetensors() wrote", () => {
  fc.assert(fc.property(tensors, metadata, (tensors, metadata) => {
    const bytes = encodeSafetensors(tensors, metadata);
    const decoded = decodeSafetensors(bytes, "file");
    assert.deepEqual(decoded.tensors, tensors);
    assert.deepEqual(decoded.metadata, metadata);
    assert.deepEqual(encodeSafetensors(tensors, metadata), bytes);
    assert.equal(new DataView(bytes.buffer).getUint32(0, true) % 8, 0);
  }));
});

Deno.test("encodeSafetensors() writes exactly the published layout", () => {
  const bytes = encodeSafetensors(
    new Map<string, SafeTensor>([
      ["b", { dtype: "U8", shape: [3], data: new Uint8Array([7, 8, 9]) }],
      ["10", { dtype: "I32", shape: [], data: new Int32Array([-2]) }],
    ]),
    { format: "pt" },
  );
  const header = '{"__metadata__":{"format":"pt"},' +
    '"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},' +
    '"10":{"dtype":"I32","shape":[],"data_offsets":[3,7]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  assert.deepEqual(bytes, file(padded, [7, 8, 9, 0xfe, 0xff, 0xff, 0xff]));
});

Deno.test("encodeSafetensors() keeps the order of names that look like integers", () => {
  const one: SafeTensor = { dtype: "U8", shape: [1], data: new Uint8Array(1) };
  const names = ["b", "10", "a", "2"];
  const bytes = encodeSafetensors(new Map(names.map((name) => [name, one])), {});
  assert.deepEqual([...decodeSafetensors(bytes, "file").tensors.keys()], names);
});

Deno.test("encodeSafetensors() refuses data that does not fill its shape", () => {
  const bad: SafeTensor = { dtype: "F32", shape: [2, 2], data: new Float32Array(3) };
  assert.throws(() => encodeSafetensors(new Map([["w", bad]]), {}), RangeError);
  const good: SafeTensor = { dtype: "F32", shape: [3], data: new Float32Array(3) };
  assert.throws(() => encodeSafetensors(new Map([["__metadata__", good]]), {}), RangeError);
});

Deno.test("decodeSafetensors() reads tensors in any order, without alignment or padding", () => {
  const header = '{"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},' +
    '"u":{"data_offsets":[0,1],"shape":[1,1],"dtype":"U8"}}';
  const whole = file(header, [9, 0, 0, 0x80, 0x3f]);
  const shifted = new Uint8Array(whole.length + 3);
  shifted.set(whole, 3);
  const { tensors, metadata } = decodeSafetensors(shifted.subarray(3), "file");
  assert.deepEqual([...tensors.keys()], ["u", "f"]);
  assert.deepEqual(tensors.get("f"), { dtype: "F32", shape: [1], data: new Float32Array([1]) });
  assert.deepEqual(metadata, {});
});

Deno.test("decodeSafetensors() reads every type of the format, as its bits where it has no array", () => {
  const header = '{"half":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},' +
    '"brain":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},' +
    '"flag":{"dtype":"BOOL","shape":[2],"data_offsets":[4,6]},' +
    '"short":{"dtype":"I16","shape":[1],"data_offsets":[6,8]}}';
  const { tensors } = decodeSafetensors(file(header, [0, 0x3e, 0xc0, 0x3f, 1, 0, 7, 0]), "file");
  const values = [...tensors.values()].map(({ data }) => [...data as Uint8Array]);
  assert.deepEqual(values, [[1.5], [0x3fc0], [1, 0], [7]]);
});

Deno.test("decodeSafetensors() reads no header that is longer than the format allows", () => {
  const limit = 100_000_000;
  const bytes = new Uint8Array(8 + limit + 1);
  const claim = (length: number) =>
    new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  claim(limit + 1);
  refuses(bytes, /its header claims 100000001 bytes$/);
  claim(limit);
  refuses(bytes, /its header is not JSON/);
});

Deno.test("decodeSafetensors() copies: changing the bytes afterwards changes no tensor", () => {
  const bytes = file('{"u":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [5]);
  const { tensors } = decodeSafetensors(bytes, "file");
  bytes.fill(0);
  assert.deepEqual([...tensors.get("u")!.data], [5]);
});

Deno.test("decodeSafetensors() refuses every truncation", () => {
  fc.assert(fc.property(tensors, metadata, fc.nat(), (tensors, metadata, at) => {
    const bytes = encodeSafetensors(tensors, metadata);
    refuses(bytes.subarray(0, at % bytes.length), /./);
  }));
});

Deno.test("decodeSafetensors() reads or refuses a header with changed bytes, never crashes", () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(tensors, metadata, changes, (tensors, metadata, changes) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      for (const [at, value] of changes) bytes[at % end] = value;
      try {
        const decoded = decodeSafetensors(bytes, "file");
        for (const { shape, data } of decoded.tensors.values()) {
          assert.equal(data.length, shape.reduce((product, n) => product * n, 1));
        }
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("decodeSafetensors() names what is wrong", () => {
  const entry = (text: string, body: number[] = [0, 0, 0, 0]) => file(`{"w":${text}}`, body);
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(5), /5 bytes, fewer than 8/],
    [file("{}").fill(0xff, 0, 8), /header claims 18446744073709551615 bytes/],
    [file("{}").fill(3, 0, 1), /header claims 3 bytes and the file has 10/],
    [file("{]"), /not JSON/],
    [file(" {}"), /not a JSON object/],
    [file("[]"), /not a JSON object/],
    [file(new Uint8Array([0x7b, 0xff, 0x7d])), /not JSON/],
    [file("[".repeat(100_000)), /nested too deep/],
    [file("{}", [1]), /1 bytes follow/],
    [entry("3"), /"w" is not described by an object/],
    [entry('{"dtype":"F24","shape":[2],"data_offsets":[0,4]}'), /"w" has dtype "F24", expected/],
    [entry('{"dtype":"toString","shape":[2],"data_offsets":[0,4]}'), /dtype "toString"/],
    [entry('{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}'), /no valid shape/],
    [entry('{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}'), /no valid shape/],
    // No number that loses its last digit, were it for a tensor without values.
    [
      file('{"w":{"dtype":"U8","shape":[9007199254740993,0],"data_offsets":[0,0]}}'),
      /no valid shape/,
    ],
    [
      entry('{"dtype":"U8","shape":[4],"data_offsets":[9007199254740992,9007199254740996]}'),
      /no valid data_offsets/,
    ],
    [entry('{"dtype":"F32","shape":[1],"data_offsets":[0]}'), /no valid data_offsets/],
    [entry('{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}'), /no valid data_offsets/],
    [entry('{"dtype":"F32","shape":[1],"data_offsets":[4,0]}'), /needs 4 bytes .* span -4/],
    [entry('{"dtype":"F32","shape":[2],"data_offsets":[0,4]}'), /needs 8 bytes .* span 4/],
    [entry('{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'), /ends at byte 8 of 4.*cut short/],
    [entry('{"dtype":"U8","shape":[3],"data_offsets":[1,4]}'), /no tensor owns the bytes before/],
    [
      file(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},' +
          '"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        [1, 2, 3],
      ),
      /"b" overlaps another/,
    ],
    [file('{"__metadata__":[]}'), /not an object/],
    [file('{"__metadata__":{"n":1}}'), /metadata "n" is not a string/],
    [file('{"__metadata__":{"n":"1","n":"2"}}'), /holds "n" twice/],
    [file('{"__metadata__":{"n":"1","\\u006e" : "2"}}'), /holds "n" twice/],
    [
      file(
        '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' +
          '"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /holds "w" twice/,
    ],
  ];
  for (const [bytes, pattern] of cases) refuses(bytes, pattern);
});

Deno.test("decodeSafetensors() refuses a header that is nested deep before it is parsed", () => {
  refuses(file(`{"a":${"[".repeat(1_000_000)}`, []), /its header is nested too deep$/);
});

Deno.test("checkSafetensors() judges a file by its header and size alone", () => {
  const whole = file('{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}', [1, 2, 3]);
  const head = whole.subarray(0, -3);
  checkSafetensors(head, whole.length, "file");
  for (const size of [whole.length - 1, whole.length + 1, 2 ** 40]) {
    assert.throws(() => checkSafetensors(head, size, "file"), { name: "UsageError" });
  }
});
