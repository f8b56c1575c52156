/**
 * The names of a pickle: those of a table, each a value that can be called. Every other one is refused.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import type { Global, Globals } from "./values.ts";

/** Which names there are, and who is told of others. */
export interface NameTable {
  /** The file, for error messages. */
  readonly source: string;
  /** What helps where a name is refused: the end of a sentence. */
  readonly advice: string;
  /** Every name that may be used. */
  readonly globals: Globals;
}

/** A name of the table, as a value. */
interface Named extends Global {
  readonly name: string;
}

/** Bytes and items that calls may make beside what the pickle itself has. */
const LEAST_BUDGET = 2 ** 20;

/** The names that one pickle has used, and what its calls may still make. */
export class Names {
  readonly #table: NameTable;
  readonly #byName = new Map<string, Named>();
  readonly #all = new WeakSet<object>();
  #budget: number;

  /** @param bytes of the pickle */
  constructor(table: NameTable, bytes: number) {
    this.#table = table;
    this.#budget = LEAST_BUDGET + 2 * bytes;
  }

  /**
   * The value of `attribute` of a module.
   *
   * @throws {UsageError} if it is not in the table
   */
  global(module: string, attribute: string): Named {
    const name = `${module}.${attribute}`;
    const known = this.#byName.get(name);
    if (known) return known;
    const global = this.#table.globals.get(name);
    if (global === undefined) {
      const { source, advice } = this.#table;
      throw new UsageError(
        `${source} asks for ${
          printable(name)
        }, which is not read from a file because it could run anything: ${advice}.`,
      );
    }
    const named = { ...global, name };
    this.#byName.set(name, named);
    this.#all.add(named);
    return named;
  }

  /** What `named` makes of `args`. Throws a `TypeError` if it is no function of the table, or makes too much. */
  call(named: unknown, args: readonly unknown[]): unknown {
    if (typeof named !== "object" || named === null || !this.#all.has(named)) {
      throw new TypeError("something is called that is no function");
    }
    const { name, call } = named as Named;
    if (call === undefined) throw new TypeError(`${name} is called, which is no function`);
    const spend = (amount: number) => {
      this.#budget -= amount + 1;
      if (this.#budget < 0) throw new TypeError("it makes far more than it holds");
    };
    spend(0);
    return call(args, spend);
  }
}

/** `name` as it can be shown: what is not printed stands for nothing that somebody would look for. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 120);
}
