import assert from "node:assert/strict";
import { BUILTINS } from "../../../src/format/pickle/builtins.ts";
import { NUMPY, type NumpyArray } from "../../../src/format/pickle/numpy.ts";
import { unpickle } from "../../../src/format/pickle/unpickle.ts";
import { Tuple } from "../../../src/format/pickle/values.ts";

const GLOBALS = new Map([...BUILTINS, ...NUMPY]);

/** The pickle of these opcodes, a character for each byte. */
const bytesOf = (codes: string) => Uint8Array.from(codes, (code) => code.charCodeAt(0));

function load(codes: string, persistent?: (id: unknown) => unknown): unknown {
  const options = { source: "a.pkl", advice: "leave it out", globals: GLOBALS };
  return unpickle(bytesOf(codes), { ...options, ...persistent && { persistent } }).value;
}

function refuses(codes: string, message: RegExp): void {
  const begun = performance.now();
  assert.throws(() => load(codes), (error: Error) => {
    assert.equal(error.name, "UsageError");
    assert.match(error.message, /^a\.pkl [^\n]+\.$/);
    assert.match(error.message, message);
    return true;
  });
  assert.ok(performance.now() - begun < 5000, "within a second, on a machine that is not busy");
}

/** What Python's own pickle module writes, by protocol, and the value. */
const WRITTEN: [string, string, unknown][] = [
  ["None, True and False", "\x80\x02(N\x88\x89t.", new Tuple([null, true, false])],
  ["numbers", "\x80\x02](K\x05M\xe8\x03J\xfe\xff\xff\xffG?\xf8\0\0\0\0\0\0e.", [5, 1000, -2, 1.5]],
  ["a number of 80 bits", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", 119547037146038801333356n],
  ["a negative number of 40 bits", "\x80\x02\x8a\x05\0\0\0\0\xff.", -(2 ** 32)],
  ["text of protocol 0", "(I1\nL2L\nF2.5\nI01\nVd\xe4\\u005c\\u20ac\nS'x'\nl.", [
    1,
    2,
    2.5,
    true,
    "dä\\€",
    "x",
  ]],
  ["text", "\x80\x04\x95\x06\0\0\0\0\0\0\0\x8c\x02\xc3\xa4\x94.", "ä"],
  ["text of Python 2", "\x80\x02U\x02\xe4b.", "äb"],
  ["bytes", "\x80\x03C\x02a\xff.", bytesOf("a\xff")],
  [
    "bytes before protocol 3",
    "\x80\x02c_codecs\nencode\nX\x03\0\0\0a\xc3\xbfX\x06\0\0\0latin1\x86R.",
    bytesOf("a\xff"),
  ],
  [
    "a dict",
    "\x80\x02}(X\x01\0\0\0aK\x01K\x02Nu.",
    new Map<unknown, unknown>([["a", 1], [2, null]]),
  ],
  ["a set", "\x80\x04\x8f(K\x01K\x02\x90.", new Set([1, 2])],
  ["a set before protocol 4", "\x80\x02c__builtin__\nset\n](K\x01K\x01e\x85R.", new Set([1])],
  [
    "an OrderedDict with attributes",
    "\x80\x02ccollections\nOrderedDict\n)RX\x01\0\0\0aK\x01s}X\x01\0\0\0bNsb.",
    new Map([["a", 1]]),
  ],
  ["the same list twice", "\x80\x02]q\0K\x01ah\0\x86.", new Tuple([[1], [1]])],
  [
    "a NumPy float",
    "\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f8K\0K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tbU\x08\0\0\0\0\0\0\xf8?\x86R.",
    1.5,
  ],
];

for (const [what, codes, value] of WRITTEN) {
  Deno.test(`unpickle() reads ${what}`, () => assert.deepEqual(load(codes), value));
}

Deno.test("unpickle() reads a NumPy array of Python 2, as CIFAR's are", () => {
  const array = load(
    "\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R" +
      "(K\x01K\x02K\x03\x86cnumpy\ndtype\nU\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89U\x06abcd\xe4ftbs.",
  ) as Map<string, NumpyArray>;
  const { shape, bytes, dtype } = array.get("data")!;
  assert.deepEqual([shape, bytes, dtype?.code], [[2, 3], bytesOf("abcd\xe4f"), "u1"]);
});

Deno.test("unpickle() gives persistent ids to whoever knows them, and tells where it ends", () => {
  assert.deepEqual(load("\x80\x02K\x07Q.", (id) => `id ${id}`), "id 7");
  const options = { source: "a", advice: "", globals: GLOBALS };
  assert.equal(unpickle(bytesOf("N.K\x01.rest"), options, 2).end, 5);
});

Deno.test("unpickle() keeps a list that contains itself", () => {
  const list = load("\x80\x02]q\0h\0a.") as unknown[];
  assert.equal(list[0], list);
});

const HOSTILE: [string, string, RegExp][] = [
  [
    "os.system",
    "\x80\x02cposix\nsystem\nX\x02\0\0\0ls\x85R.",
    /asks for posix\.system, which is not read .* run anything: leave it out/,
  ],
  [
    "builtins.eval",
    "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
    /asks for builtins\.eval/,
  ],
  ["getattr", "\x80\x02c__builtin__\ngetattr\n.", /asks for __builtin__\.getattr/],
  ["protocol 0", "cos\nsystem\n(S'ls'\ntR.", /asks for os\.system/],
  ["an instance of protocol 0", "(S'ls'\nios\nsystem\n.", /asks for os\.system/],
  ["an instance of protocol 1", "(cos\nsystem\nU\x02lso.", /asks for os\.system/],
  ["a name with a terminal's codes", "c\x1b[2J\nx\n.", /asks for \?\[2J\.x/],
  [
    "a name within a name",
    "\x80\x02ccollections\nOrderedDict.__init__\n.",
    /asks for collections\.OrderedDict\.__init__/,
  ],
  [
    "a nested reduce",
    "\x80\x02ccollections\nOrderedDict\n](cos\nsystem\nU\x02ls\x85R\x86a\x85R.",
    /asks for os\.system/,
  ],
  ["an extension", "\x80\x02\x82\x01.", /0x82 at byte 2 is no operation/],
  ["a call of a value", "\x80\x02X\x01\0\0\0a)R.", /something is called that is no function/],
  ["a call of what is no function", "\x80\x02cnumpy\nndarray\n)R.", /numpy\.ndarray is called/],
  ["attributes of a list", "\x80\x02]}b.", /something gets attributes that has none/],
  ["no end", "\x80\x02N", /it was cut short/],
  ["nothing to take", "\x80\x02.", /an operation lacks a value/],
  ["a value across a mark", "\x80\x02(0.", /an operation lacks a value/],
  ["no mark", "\x80\x02Nt.", /lacks its mark/],
  ["too many values", "\x80\x02NN.", /values are left at its end/],
  ["text longer than the file", "\x80\x02X\xff\0\0\0a.", /it was cut short/],
  ["text of 4 GiB", "\x80\x02X\xff\xff\xff\xffa.", /a text has 4294967295 bytes/],
  ["text of 2^63 bytes", "\x80\x04\x8d\0\0\0\0\0\0\0\x80a.", /claims more bytes/],
  ["a number of 4 GiB", "\x80\x02\x8b\xff\xff\xff\xff.", /an integer has/],
  ["a number of a million digits", `I${"9".repeat(1e6)}\n.`, /other characters than digits/],
  ["bytes that are no text", "\x80\x02X\x01\0\0\0\xff.", /not valid/],
  ["an unknown memo", "\x80\x02h\x07.", /nothing is remembered as 7/],
  ["a persistent id", "\x80\x02NQ.", /refers to something outside/],
  ["protocol 6", "\x80\x06N.", /protocol 6/],
  ["a million operations", "N0".repeat(500_000), /more than 500000 operations/],
  ["a key without a value", "\x80\x02}(Nu.", /a key has no value/],
  ["items of a string", "\x80\x02X\x01\0\0\0aNa.", /no list gets items/],
  [
    "copies of a large list",
    `\x80\x02](${"N".repeat(100_000)}eq\0(${"c__builtin__\nset\nh\0\x85R".repeat(200)}l.`,
    /makes far more than it holds/,
  ],
  [
    "copies of a large text",
    `\x80\x02X\xa0\x86\x01\0${"a".repeat(100_000)}q\0(${
      "c_codecs\nencode\nh\0X\x06\0\0\0latin1\x86R".repeat(200)
    }l.`,
    /makes far more than it holds/,
  ],
  [
    "an array that lies",
    "\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01K\x09\x85cnumpy\ndtype\nU\x02u1\x85R\x89U\x01atb.",
    /an array of \[9\] has 1 bytes/,
  ],
  [
    "an array of objects",
    "\x80\x02cnumpy\ndtype\nU\x02O8\x85R.",
    /of a type that has no fixed size/,
  ],
];

for (const [what, codes, message] of HOSTILE) {
  Deno.test(`unpickle() refuses ${what}`, () => refuses(codes, message));
}
