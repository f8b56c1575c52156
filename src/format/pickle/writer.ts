/**
 * Python's pickles of protocol 2, written: as much of them as PyTorch's files need.
 *
 * @see https://github.com/python/cpython/blob/3.11/Lib/pickletools.py
 * @module
 */
import { concatenate } from "../bytes.ts";

/** A pickle in the making: every call appends what it says to a stack machine's program. */
export class PickleWriter {
  readonly #pieces: Uint8Array[] = [Uint8Array.of(0x80, 2)];

  /** A class or function of a module. */
  global(module: string, name: string): this {
    return this.#code("c").#push(utf8(`${module}\n${name}\n`));
  }

  /** Text. */
  text(value: string): this {
    const bytes = utf8(value);
    return this.#code("X").#push(int32(bytes.length)).#push(bytes);
  }

  /** A whole number of 32 bits. */
  integer(value: number): this {
    return this.#code("J").#push(int32(value));
  }

  /** `False`. */
  no(): this {
    return this.#code("\x89");
  }

  /** A tuple of what `write` appends. */
  tuple(write: (pickle: this) => unknown): this {
    return this.#marked(write, "t");
  }

  /** What stands on the stack, a callable and its tuple of arguments, becomes what the call returns. */
  call(): this {
    return this.#code("R");
  }

  /** A tuple on the stack becomes what the reader keeps under it elsewhere. */
  persistent(): this {
    return this.#code("Q");
  }

  /** Sets keys and values, which `write` appends by turns, in the mapping on the stack. */
  items(write: (pickle: this) => unknown): this {
    return this.#marked(write, "u");
  }

  /** The whole pickle. */
  bytes(): Uint8Array<ArrayBuffer> {
    return concatenate([...this.#pieces, utf8(".")]);
  }

  #marked(write: (pickle: this) => unknown, end: string): this {
    this.#code("(");
    write(this);
    return this.#code(end);
  }

  /** An operation by its code. */
  #code(code: string): this {
    return this.#push(Uint8Array.of(code.charCodeAt(0)));
  }

  #push(bytes: Uint8Array): this {
    this.#pieces.push(bytes);
    return this;
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
