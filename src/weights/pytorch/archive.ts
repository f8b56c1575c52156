/**
 * What `torch.save` writes since PyTorch 1.6: a zip archive with a pickle, and each storage as a file of its own.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import { unpickle } from "../../format/pickle/unpickle.ts";
import { count, items, string } from "../../format/pickle/values.ts";
import { openZip } from "../../format/zip/reader.ts";
import { ADVICE, storageType, torchGlobals } from "./globals.ts";
import { ELEMENT_BYTES, Storage, type TypedStorage } from "./storage.ts";
import { ViewBudget } from "./tensor.ts";

/** Bytes of the pickle, which has no tensor's values. */
const MOST_PICKLE_BYTES = 2 ** 24;

/**
 * The value in the archive `bytes`: its tensors' values are where they are in `bytes`.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if it is another archive, is damaged, or holds something else than tensors and plain containers
 */
export function readArchive(bytes: Uint8Array, source: string): unknown {
  const archive = openZip(bytes, source), { names } = archive;
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles, root = pickle?.replace(/data\.pkl$/, "");
  if (pickle === undefined || pickles.length > 1) throw otherArchive(names, source);
  if (names.includes(`${root}constants.pkl`)) {
    throw new UsageError(`${source} is a TorchScript program: ${ADVICE}.`);
  }
  const content = archive.read(pickle)!;
  if (decodeText(archive.read(`${root}byteorder`)) === "big") {
    throw new UsageError(`${source} was saved on a big-endian machine: save it anew on another.`);
  }
  if (content.length > MOST_PICKLE_BYTES) {
    throw new UsageError(
      `${source} has a pickle of ${content.length} bytes, which no network needs.`,
    );
  }
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): TypedStorage => {
    const { key, dtype, length } = readId(id);
    const size = length * ELEMENT_BYTES[dtype];
    let storage = storages.get(key);
    if (storage === undefined) {
      storage = new Storage(key, size);
      const file = archive.read(`${root}data/${key}`);
      if (file === undefined) throw new TypeError(`storage ${quoted(key)} is missing`);
      storage.fill(file);
      storages.set(key, storage);
    } else if (storage.size !== size) {
      throw new TypeError(`storage ${quoted(key)} has two sizes`);
    }
    return { storage, dtype, begin: 0, length };
  };
  const globals = torchGlobals(new ViewBudget(bytes.length, source));
  return unpickle(content, { source, advice: ADVICE, globals, persistent }).value;
}

/** `("storage", type, key, location, elements)`. Throws a `TypeError` if `id` is something else. */
export function readId(id: unknown) {
  const [kind, type, key, , length, view] = items(id);
  if (kind !== "storage") throw new TypeError("it refers to something that is no storage");
  // A storage of bytes says its size in bytes, and its tensors their type.
  return {
    key: string(key),
    dtype: storageType(type) ?? "U8" as const,
    length: count(length),
    view,
  };
}

function otherArchive(names: readonly string[], source: string): UsageError {
  const what = names.length > 0 && names.every((name) => name.endsWith(".npy"))
    ? "an archive of NumPy arrays (.npz)"
    : names.includes("model.weights.h5")
    ? "a Keras model"
    : "a zip archive, but not one that torch.save writes";
  return new UsageError(
    `${source} is ${what}: name the file of a network that was saved with torch.save(model.state_dict(), FILE).`,
  );
}

function decodeText(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes.subarray(0, 16)).trim();
}
