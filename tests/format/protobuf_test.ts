import assert from "node:assert/strict";
import { Message } from "../../src/format/protobuf.ts";

/** The bytes of `message` in hexadecimal. */
function hex(message: Message): string {
  return [...message.bytes()].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

Deno.test("Message writes the examples of the wire format's specification", () => {
  assert.equal(hex(new Message().integer(1, 150)), "08 96 01");
  assert.equal(hex(new Message().text(2, "testing")), "12 07 74 65 73 74 69 6e 67");
  assert.equal(hex(new Message().message(3, new Message().integer(1, 150))), "1a 03 08 96 01");
  assert.equal(hex(new Message().integers(6, [3, 270, 86942])), "32 06 03 8e 02 9e a7 05");
});

Deno.test("Message writes negative, large and no integers", () => {
  assert.equal(hex(new Message().integer(1, -1)), `08 ${"ff ".repeat(9)}01`);
  assert.equal(hex(new Message().integer(1, 2 ** 53 - 1)), `08 ${"ff ".repeat(7)}0f`);
  assert.equal(hex(new Message().integer(1, 0)), "08 00");
  assert.equal(hex(new Message()), "");
});

Deno.test("Message writes numbers little-endian, and field numbers over 15 in two bytes", () => {
  assert.equal(hex(new Message().float(2, 1.5)), "15 00 00 c0 3f");
  assert.equal(hex(new Message().double(1, 1.5)), "09 00 00 00 00 00 00 f8 3f");
  assert.equal(hex(new Message().doubles(7, [1.5])), "3a 08 00 00 00 00 00 00 f8 3f");
  assert.equal(hex(new Message().integer(16, 1)), "80 01 01");
});

Deno.test("Message writes text as UTF-8 and keeps the order of the calls", () => {
  assert.equal(hex(new Message().text(1, "ε").integer(1, 1)), "0a 02 ce b5 08 01");
  const long = new Message().data(1, new Uint8Array(300));
  assert.equal(long.bytes().length, 303, "a length of two bytes");
});
