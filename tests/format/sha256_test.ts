import assert from "node:assert/strict";
import { sha256 } from "../../src/format/sha256.ts";

/** FIPS 180-2, B.1. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("sha256() is the standard's, of one part, of several, and of bytes and text", () => {
  assert.equal(sha256("abc"), ABC);
  assert.equal(sha256("a", Uint8Array.of(98), "c"), ABC);
});
