/**
 * What a pickle may be made of, and who says which of Python's names it may use.
 *
 * Python's `dict` is a `Map`, `list` an array, `set` a `Set`, `str` a string, `bytes` a `Uint8Array`, `int` a number or,
 * beyond 2^53, a bigint, `float` a number, `None` null.
 *
 * @module
 */

/** Python's `tuple`. */
export class Tuple {
  /** @param items what it holds */
  constructor(readonly items: readonly unknown[]) {}
}

/** What a pickle may make by calling something: refused where it is not in a table of {@linkcode Globals}. */
export interface Global {
  /**
   * What a call gives; absent where the name stands for itself, such as a type.
   *
   * @param spend is told how many bytes or items a call makes; throws if a pickle asks for too many
   * @throws {TypeError} if it is not called as Python would
   */
  readonly call?: (args: readonly unknown[], spend: (amount: number) => void) => unknown;
}

/** By `module.name`. */
export type Globals = ReadonlyMap<string, Global>;

/** A value that takes what Python's `__setstate__` would. */
export interface Buildable {
  /** @throws {TypeError} if that is no state of it */
  setState(state: unknown): void;
}

/** Whether `value` takes a state. */
export function isBuildable(value: unknown): value is Buildable {
  return typeof (value as Partial<Buildable> | null)?.setState === "function";
}

/** A size, an offset or another number of things. Throws a `TypeError` if `value` is none. */
export function count(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError("a number of things is no whole number of 0 or more");
}

/** What `value`, a tuple or a list, holds. Throws a `TypeError` if it is none. */
export function items(value: unknown): readonly unknown[] {
  if (value instanceof Tuple) return value.items;
  if (Array.isArray(value)) return value;
  throw new TypeError("something is no tuple");
}

/** `value` if it is a string. Throws a `TypeError` if it is none. */
export function string(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("something is no string");
}
