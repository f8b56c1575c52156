/**
 * Python's pickles, read without running anything: plain containers, and what a table names.
 *
 * A pickle is a program for a machine with a stack, which can call anything that Python can import. This machine knows only
 * the names that it is given, and refuses every other one where it stands, before anything is called with it.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 * @module
 */
import { UsageError } from "../../errors.ts";
import { addMembers, append, dictOf, setItems } from "./containers.ts";
import { PickleInput } from "./input.ts";
import { booleanOrInteger, index, quotedText } from "./lines.ts";
import { Names, type NameTable } from "./names.ts";
import { PickleStack } from "./stack.ts";
import { isBuildable, Tuple } from "./values.ts";

/** What a pickle may use, and who is told of it. */
export interface UnpickleOptions extends NameTable {
  /** What a persistent id stands for; absent where there are none. Throws a `TypeError` if it is no id. */
  readonly persistent?: (id: unknown) => unknown;
}

/** Operations of one pickle: networks of hundreds of layers take some ten thousand, and as many more for the optimiser. */
const MOST_OPERATIONS = 500_000;

/**
 * Reads the pickle in `bytes` that begins at `from`.
 *
 * @returns its value, and where it ends
 * @throws {UsageError} naming `source` if it uses a name that is not in the table, is damaged, or is made to cost time or memory
 */
export function unpickle(
  bytes: Uint8Array,
  options: UnpickleOptions,
  from = 0,
): { value: unknown; end: number } {
  const machine = new Machine(bytes, options, from);
  try {
    return machine.run();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new UsageError(`${options.source} is not a usable pickle: ${error.message}.`);
  }
}

class Machine {
  readonly #input: PickleInput;
  readonly #options: UnpickleOptions;
  readonly #names: Names;
  readonly #memo = new Map<number, unknown>();
  readonly #stack = new PickleStack();

  constructor(bytes: Uint8Array, options: UnpickleOptions, from: number) {
    this.#input = new PickleInput(bytes, from);
    this.#options = options;
    this.#names = new Names(options, bytes.length);
  }

  run(): { value: unknown; end: number } {
    for (let done = 0; done < MOST_OPERATIONS; done++) {
      const code = String.fromCharCode(this.#input.byte());
      if (code === ".") {
        const value = this.#stack.pop();
        if (!this.#stack.isEmpty) throw new TypeError("values are left at its end");
        return { value, end: this.#input.position };
      }
      this.#operate(code);
    }
    throw new TypeError(`it has more than ${MOST_OPERATIONS} operations`);
  }

  #operate(code: string): void {
    const stack = this.#stack, input = this.#input, names = this.#names;
    switch (code) {
      case "\x80": {
        const protocol = input.byte();
        if (protocol > 5) {
          throw new TypeError(`it has protocol ${protocol}, and 5 is the last known`);
        }
        return;
      }
      case "\x95": // a frame, which says only how much to read at once
        return void input.size();
      case "(":
        return void stack.mark();
      case "0":
        return void stack.pop();
      case "1":
        return void stack.marked();
      case "2":
        return void stack.push(stack.top());

      case "N":
        return void stack.push(null);
      case "\x88":
        return void stack.push(true);
      case "\x89":
        return void stack.push(false);
      case "K":
        return void stack.push(input.byte());
      case "M":
        return void stack.push(input.uint16());
      case "J":
        return void stack.push(input.int32());
      case "\x8a":
        return void stack.push(input.integer(input.byte()));
      case "\x8b":
        return void stack.push(input.integer(input.uint32()));
      case "G":
        return void stack.push(input.float64());
      case "I":
      case "L":
        return void stack.push(booleanOrInteger(input.line()));
      case "F":
        return void stack.push(Number(input.line()));

      case "X":
        return void stack.push(input.text(input.uint32()));
      case "\x8c":
        return void stack.push(input.text(input.byte()));
      case "\x8d":
        return void stack.push(input.text(input.size()));
      case "V":
        return void stack.push(input.escapedLine());
      case "U": // what Python 2 calls a string may be bytes or text: every byte stays a character
        return void stack.push(input.latin1(input.byte()));
      case "T":
        return void stack.push(input.latin1(input.uint32()));
      case "S":
        return void stack.push(quotedText(input.line()));
      case "C":
        return void stack.push(input.take(input.byte()));
      case "B":
        return void stack.push(input.take(input.uint32()));
      case "\x8e":
      case "\x96":
        return void stack.push(input.take(input.size()));

      case ")":
        return void stack.push(new Tuple([]));
      case "t":
        return void stack.push(new Tuple(stack.marked()));
      case "\x85":
      case "\x86":
      case "\x87":
        return void stack.push(new Tuple(stack.last(code.charCodeAt(0) - 0x84)));
      case "]":
        return void stack.push([]);
      case "l":
        return void stack.push(stack.marked());
      case "}":
        return void stack.push(new Map());
      case "d":
        return void stack.push(dictOf(stack.marked()));
      case "\x8f":
        return void stack.push(new Set());
      case "\x91":
        return void stack.push(new Set(stack.marked()));
      case "a":
        return append(stack.last(1), stack.top());
      case "e":
        return append(stack.marked(), stack.top());
      case "s":
        return setItems(stack.last(2), stack.top());
      case "u":
        return setItems(stack.marked(), stack.top());
      case "\x90":
        return addMembers(stack.marked(), stack.top());

      case "p":
        return void this.#memo.set(index(input.line()), stack.top());
      case "q":
        return void this.#memo.set(input.byte(), stack.top());
      case "r":
        return void this.#memo.set(input.uint32(), stack.top());
      case "\x94":
        return void this.#memo.set(this.#memo.size, stack.top());
      case "g":
        return void stack.push(this.#remembered(index(input.line())));
      case "h":
        return void stack.push(this.#remembered(input.byte()));
      case "j":
        return void stack.push(this.#remembered(input.uint32()));

      case "c":
        return void stack.push(names.global(input.line(), input.line()));
      case "\x93": {
        const [module, name] = stack.last(2);
        return void stack.push(names.global(String(module), String(name)));
      }
      case "i": {
        const named = names.global(input.line(), input.line());
        return void stack.push(names.call(named, stack.marked()));
      }
      case "o": {
        const [named, ...args] = stack.marked();
        return void stack.push(names.call(named, args));
      }
      case "R":
      case "\x81": {
        const [named, args] = stack.last(2);
        if (!(args instanceof Tuple)) throw new TypeError("a call has no tuple of arguments");
        return void stack.push(names.call(named, args.items));
      }
      case "b":
        return this.#build();
      case "P":
        return void stack.push(this.#persistent(input.line()));
      case "Q":
        return void stack.push(this.#persistent(stack.pop()));
      default: {
        const hex = code.charCodeAt(0).toString(16).padStart(2, "0");
        throw new TypeError(
          `0x${hex} at byte ${input.position - 1} is no operation that plain data needs`,
        );
      }
    }
  }

  #remembered(at: number): unknown {
    if (!this.#memo.has(at)) throw new TypeError(`nothing is remembered as ${at}`);
    return this.#memo.get(at);
  }

  #build(): void {
    const [value, state] = this.#stack.last(2);
    // What Python would hang on a dict as attributes, such as the versions of a state dict's modules, nobody needs.
    if (isBuildable(value)) value.setState(state);
    else if (!(value instanceof Map)) {
      throw new TypeError("something gets attributes that has none");
    }
    this.#stack.push(value);
  }

  #persistent(id: unknown): unknown {
    const { persistent } = this.#options;
    if (persistent === undefined) throw new TypeError("it refers to something outside of it");
    return persistent(id);
  }
}
