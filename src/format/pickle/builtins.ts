/**
 * Python's own names that stand in pickles of plain containers.
 *
 * @module
 */
import { type Global, type Globals, items, string } from "./values.ts";

/** `OrderedDict()`, of nothing, a dict or a list of pairs. */
const dictionary: Global = {
  call([source], spend) {
    if (source === undefined) return new Map();
    const pairs = source instanceof Map ? [...source] : items(source).map(items);
    spend(pairs.length);
    return new Map(pairs.map(([key, value]) => [key, value]));
  },
};

const set: Global = {
  call([source = []], spend) {
    const members = items(source);
    spend(members.length);
    return new Set(members);
  },
};

/** How protocols below 3 write bytes: as text that is encoded. */
const encode: Global = {
  call([text, encoding], spend) {
    const bytes = string(text);
    if (encoding !== "latin1") throw new TypeError(`an encoding is not latin1`);
    spend(bytes.length);
    return latin1(bytes);
  },
};

const bytes: Global = {
  call([source = "", encoding], spend) {
    const text = source instanceof Uint8Array ? source : latin1(string(source));
    if (encoding !== undefined && encoding !== "latin-1") {
      throw new TypeError("an encoding is not latin-1");
    }
    spend(text.length);
    return text.slice();
  },
};

/** The bytes that `text` stands for. Throws a `TypeError` if a character is none. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new TypeError("text that should be bytes has other characters");
    bytes[i] = code;
  }
  return bytes;
}

/** Dicts, sets and bytes. */
export const BUILTINS: Globals = new Map([
  ["collections.OrderedDict", dictionary],
  ["collections.Counter", dictionary],
  ["builtins.dict", dictionary],
  ["__builtin__.dict", dictionary],
  ["builtins.set", set],
  ["builtins.frozenset", set],
  ["__builtin__.set", set],
  ["__builtin__.frozenset", set],
  ["_codecs.encode", encode],
  ["builtins.bytes", bytes],
  ["__builtin__.bytes", bytes],
  ["builtins.bytearray", bytes],
  ["__builtin__.bytearray", bytes],
]);
