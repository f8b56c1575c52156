/**
 * What a pickle puts into Python's containers. What is none of the kind that it takes it for throws a `TypeError`.
 *
 * @module
 */

/** Puts `values` at the end of a list. */
export function append(values: readonly unknown[], list: unknown): void {
  if (!Array.isArray(list)) throw new TypeError("something that is no list gets items");
  for (const value of values) list.push(value);
}

/** Adds `members` to a set. */
export function addMembers(members: readonly unknown[], set: unknown): void {
  if (!(set instanceof Set)) throw new TypeError("something that is no set gets members");
  for (const member of members) set.add(member);
}

/** Adds `values`, keys and values in turns, to a dict. */
export function setItems(values: readonly unknown[], dict: unknown): void {
  if (!(dict instanceof Map)) throw new TypeError("something that is no dict gets items");
  if (values.length % 2 !== 0) throw new TypeError("a key has no value");
  for (let i = 0; i < values.length; i += 2) dict.set(values[i], values[i + 1]);
}

/** A dict of `values`, keys and values in turns. */
export function dictOf(values: readonly unknown[]): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>();
  setItems(values, dict);
  return dict;
}
