/**
 * What `torch.save` wrote before PyTorch 1.6: several pickles one after another, and behind them all storages.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { unpickle } from "../../format/pickle/unpickle.ts";
import { count, items, string } from "../../format/pickle/values.ts";
import { readId } from "./archive.ts";
import { ADVICE, torchGlobals } from "./globals.ts";
import { ELEMENT_BYTES, Storage, type TypedStorage } from "./storage.ts";
import { ViewBudget } from "./tensor.ts";

/** What the first pickle is. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** The operation that puts it on the stack, which stands behind a protocol and perhaps a frame. */
const MAGIC_CODES = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const MOST_BEFORE_MAGIC = 16;

/** A storage's size in the file counts its elements. */
interface Expected {
  readonly storage: Storage;
  readonly elementBytes: number;
}

/**
 * The value in the file `bytes`.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if it is another pickle, is damaged, or holds something else than tensors and plain containers
 */
export function readLegacy(bytes: Uint8Array, source: string): unknown {
  const expected = new Map<string, Expected>();
  const options = {
    source,
    advice: ADVICE,
    globals: torchGlobals(new ViewBudget(bytes.length, source)),
  };
  let end = 0;
  const next = (persistent?: (id: unknown) => unknown): unknown => {
    const read = unpickle(bytes, { ...options, ...persistent && { persistent } }, end);
    end = read.end;
    return read.value;
  };
  const refuse = (what: string): never => {
    throw new UsageError(`${source} is not a usable PyTorch file: ${what}.`);
  };
  if (next() !== MAGIC) throw otherPickle(source);
  const protocol = next();
  if (protocol !== PROTOCOL) refuse(`its version is not ${PROTOCOL}`);
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    refuse("it was saved on a big-endian machine");
  }
  const value = next((id) => expect(id, expected));
  const keys = next();
  try {
    end = readStorages(bytes, end, items(keys).map(string), expected);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    refuse(error.message);
  }
  if (end !== bytes.length) refuse(`${bytes.length - end} bytes follow its last storage`);
  return value;
}

/**
 * Looks whether a file that begins with `head` is one of PyTorch's, before all of it is read; a small one is left to the reading.
 *
 * @throws {UsageError} naming `source` if it is not
 */
export function checkLegacy(
  { head, size }: { head: Uint8Array; size: number },
  source: string,
): void {
  const begins = (at: number) => MAGIC_CODES.every((code, i) => head[at + i] === code);
  const isOurs = Array.from({ length: MOST_BEFORE_MAGIC }, (_, at) => at).some(begins);
  if (!isOurs && size > head.length) throw otherPickle(source);
}

function otherPickle(source: string): UsageError {
  return new UsageError(`${source} is a pickle, but not one that torch.save writes: ${ADVICE}.`);
}

/** The storage, or the part of one, that `id` stands for. */
function expect(id: unknown, expected: Map<string, Expected>): TypedStorage {
  const { key, dtype, length, view } = readId(id), elementBytes = ELEMENT_BYTES[dtype];
  let found = expected.get(key);
  if (found === undefined) {
    found = { storage: new Storage(key, length * elementBytes), elementBytes };
    expected.set(key, found);
  } else if (found.storage.size !== length * elementBytes) {
    throw new TypeError(`storage ${quoted(key)} has two sizes`);
  }
  const { storage } = found;
  if (view === undefined || view === null) return { storage, dtype, begin: 0, length };
  const [, offset, size] = items(view).map((part, i) => i === 0 ? 0 : count(part));
  if (offset! + size! > length) {
    throw new TypeError(`a part of storage ${quoted(key)} reaches beyond it`);
  }
  return { storage, dtype, begin: offset! * elementBytes, length: size! };
}

/** Gives the storages called `keys` their bytes, which begin at `at`; where they end. */
function readStorages(
  bytes: Uint8Array,
  at: number,
  keys: readonly string[],
  expected: ReadonlyMap<string, Expected>,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const found = expected.get(key);
    if (found === undefined) throw new TypeError(`no tensor has storage ${quoted(key)}`);
    if (at + 8 > bytes.length) throw new TypeError("it was cut short");
    const claimed = view.getBigUint64(at, true);
    const { storage, elementBytes } = found;
    if (claimed * BigInt(elementBytes) !== BigInt(storage.size)) {
      throw new TypeError(
        `storage ${quoted(key)} claims ${claimed} elements, and its tensors are told of other`,
      );
    }
    if (storage.size > bytes.length - at - 8) throw new TypeError("it was cut short");
    storage.fill(bytes.subarray(at + 8, at + 8 + storage.size));
    at += 8 + storage.size;
  }
  const missing = [...expected.values()].find(({ storage }) => !storage.isFilled);
  if (missing) throw new TypeError(`storage ${quoted(missing.storage.key)} is missing`);
  return at;
}
