/**
 * The runtime base of compiled programs, `denort`, as a file: which Deno it is of.
 *
 * @module
 */

/** What stands before the data that `deno compile` puts behind a base. */
const PAYLOAD = new TextEncoder().encode("d3n0l4nd");
/** How Deno calls itself to servers, as it stands in every executable of it. */
const USER_AGENT = /Deno\/(\d+\.\d+\.\d+)/g;

/**
 * The base in `file`, a `denort` or a Linux program that `deno compile` has made: there the base comes first, then the
 * program's data, whose last eight bytes are the data's length.
 */
export function baseOf(file: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (file.length < 8) return file;
  const length = new DataView(file.buffer, file.byteOffset + file.length - 8).getBigUint64(0, true);
  if (length > file.length) return file;
  const end = file.length - Number(length);
  return PAYLOAD.every((byte, i) => file[end + i] === byte) ? file.subarray(0, end) : file;
}

/** Why `base` is no base for programs of Deno `version`, as the end of a sentence; undefined if it looks like one. */
export function baseFault(base: Uint8Array<ArrayBuffer>, version: string): string | undefined {
  const text = new TextDecoder("latin1").decode(base);
  const versions = [...new Set(text.matchAll(USER_AGENT).map(([, found]) => found!))];
  if (versions.includes(version)) return undefined;
  if (versions.length === 0) return "has nothing of Deno in it";
  return `is of Deno ${versions.join(" or ")}, not ${version}`;
}
