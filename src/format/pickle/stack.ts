/**
 * The stack of the machine that a pickle is a program for.
 *
 * @module
 */

/** A mark, below which an operation that takes many values does not look. */
const MARK = Symbol("mark");

/** Values and marks. What is taken that is not there throws a `TypeError`. */
export class PickleStack {
  readonly #values: unknown[] = [];

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  push(value: unknown): void {
    this.#values.push(value);
  }

  mark(): void {
    this.#values.push(MARK);
  }

  top(): unknown {
    const value = this.#values.at(-1);
    if (value === undefined || value === MARK) throw new TypeError("an operation lacks a value");
    return value;
  }

  pop(): unknown {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  /** The last `n` values, taken from the stack. */
  last(n: number): unknown[] {
    const values = this.#values.slice(-n);
    if (values.length < n || values.includes(MARK)) {
      throw new TypeError("an operation lacks a value");
    }
    this.#values.length -= n;
    return values;
  }

  /** The values above the last mark; they and the mark are taken from the stack. */
  marked(): unknown[] {
    const at = this.#values.lastIndexOf(MARK);
    if (at < 0) throw new TypeError("an operation lacks its mark");
    const values = this.#values.splice(at);
    values.shift();
    return values;
  }
}
