import assert from "node:assert/strict";
import { sniff } from "../../../src/weights/file/sniff.ts";

/** What the file called `name` with `content`, text or bytes, is taken for. */
function kindOf(name: string, content: string | readonly number[]): string {
  const head = typeof content === "string"
    ? Uint8Array.from(content, (character) => character.charCodeAt(0))
    : Uint8Array.from(content);
  return sniff(name, { head, tail: head, size: head.length });
}

const SAFETENSORS = "\x02\0\0\0\0\0\0\0{}";

Deno.test("sniff() tells weights by their bytes and not by the file's name", () => {
  assert.equal(kindOf("a.pth", SAFETENSORS), "safetensors");
  // A header of 640 bytes, whose length begins as a pickle does.
  assert.equal(kindOf("a.safetensors", "\x80\x02\0\0\0\0\0\0{}"), "safetensors");
  assert.equal(kindOf("a.safetensors", "PK\x03\x04"), "torch-zip");
  assert.equal(kindOf("a", [0x80, 2, 0x8a, 10]), "torch-pickle");
  assert.equal(kindOf("a.json", '{"metadata": {}, "weight_map": {}}'), "shards");
  assert.equal(kindOf("a.safetensors", "hi"), "safetensors", "whose decoder says what is wrong");
});

const FOREIGN: readonly [what: string, content: string | readonly number[], message: RegExp][] = [
  ["nothing", "", /^a\.pt is empty: download/],
  [
    "a Git LFS pointer",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 46827520\n",
    /is a Git LFS pointer to 44\.7 MiB and not the file: fetch that with git lfs pull\.$/,
  ],
  ["a web page", "\n<!DOCTYPE html><html>", /is HTML, a web page: download the file itself/],
  ["a web page with a comment", "<!-- saved -->", /is HTML/],
  ["a server's message", '<?xml version="1.0"?><Error>', /is XML, perhaps a server's message/],
  ["gzip", [0x1f, 0x8b, 8], /is compressed with gzip: unpack it with gunzip\.$/],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd], /is compressed with zstd/],
  ["tar", "x".padEnd(257, "\0") + "ustar", /is a tar archive: unpack it with tar -xf/],
  ["HDF5", "\x89HDF\r\n\x1a\n", /is an HDF5 file, as Keras saves: load it there/],
  ["NumPy", "\x93NUMPY\x01", /is a NumPy array: name weights/],
  ["ONNX", [0x08, 7, 0x12, 7], /is an ONNX model: take the state dict/],
  ["a SavedModel", [0x08, 1, 0x12, 200], /is a TensorFlow SavedModel/],
  ["TensorFlow Lite", "\x1c\0\0\0TFL3", /is a TensorFlow Lite model/],
  ["a list of checkpoints", 'model_checkpoint_path: "x"', /is a list of TensorFlow checkpoints/],
  [
    "the index of a TensorFlow checkpoint",
    [1, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb],
    /is the index of a TensorFlow checkpoint/,
  ],
  ["a picture", "\x89PNG\r\n", /is a PNG picture/],
  ["zeros", [0, 0, 0, 0], /is nothing but zeros where it begins: its download was cut short/],
  ["tfjs", '{"format":"x","modelTopology":{}}', /is a TensorFlow\.js model and no state dict/],
  ["JSON", "{}", /is JSON and holds no weights/],
  [
    "something else",
    "hello",
    /\(5 bytes\) is no file of weights that this program knows: it takes/,
  ],
];

for (const [what, content, message] of FOREIGN) {
  Deno.test(`sniff() says in one sentence that a file is ${what}`, () => {
    assert.throws(() => kindOf("a.pt", content), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, message);
      assert.match(error.message, /^a\.pt [^\n]+\.$/);
      return true;
    });
  });
}
