/**
 * A state dict as `torch.save` writes it: a ZIP archive of a pickle and the bytes of every tensor.
 *
 * @module
 */
import { PickleWriter } from "../../format/pickle/writer.ts";
import { openZip } from "../../format/zip/reader.ts";
import { encodeZip } from "../../format/zip/writer.ts";
import type { StateDict } from "../state_dict.ts";

/** PyTorch's storages by our types. */
const STORAGES: Readonly<Record<string, string>> = { F32: "FloatStorage", I64: "LongStorage" };
/** The folder in the archive that everything lies in. */
const ROOT = "archive";
/** The file in it that says where the weights come from; PyTorch does not look at it. */
export const ORIGIN_ENTRY = `${ROOT}/extra/memloss.json`;

/**
 * The file of `dict`, which `torch.load` reads as an ordered dictionary of contiguous tensors, also with
 * `weights_only=True`. Equal input gives equal bytes.
 *
 * @param dict tensors of float32 and int64
 * @param origin where they come from
 * @throws {RangeError} if it would have 4 GiB or more
 */
export function encodeTorch(
  dict: StateDict,
  origin: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const text = (value: string) => new TextEncoder().encode(value);
  const storages = [...dict.values()].map(({ data }, i) => ({
    name: `${ROOT}/data/${i}`,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  return encodeZip([
    { name: ORIGIN_ENTRY, data: text(JSON.stringify(origin, null, 2) + "\n") },
    { name: `${ROOT}/data.pkl`, data: pickle(dict) },
    { name: `${ROOT}/byteorder`, data: text("little") },
    ...storages,
    { name: `${ROOT}/version`, data: text("3\n") },
  ]);
}

/** What the archive `bytes` says that {@linkcode encodeTorch} has written it of; nothing if somebody else has. */
export function readOrigin(bytes: Uint8Array, source: string): Readonly<Record<string, unknown>> {
  const text = openZip(bytes, source).read(ORIGIN_ENTRY);
  if (text === undefined) return {};
  try {
    return Object(JSON.parse(new TextDecoder().decode(text)));
  } catch {
    return {}; // by its name it would be ours
  }
}

/** An ordered dictionary of tensors, each over a storage of its own that is kept under its number. */
function pickle(dict: StateDict): Uint8Array {
  const emptyDictionary = (pickle: PickleWriter) =>
    pickle.global("collections", "OrderedDict").tuple(() => {}).call();
  const writer = emptyDictionary(new PickleWriter());
  const items = [...dict].map(([name, { dtype, shape, data }], number) => (pickle: PickleWriter) =>
    pickle.text(name).global("torch._utils", "_rebuild_tensor_v2").tuple(() => {
      pickle.tuple(() => {
        pickle.text("storage").global("torch", STORAGES[dtype]!);
        pickle.text(String(number)).text("cpu").integer(data.length);
      }).persistent();
      pickle.integer(0);
      pickle.tuple(() => shape.forEach((size) => pickle.integer(size)));
      pickle.tuple(() => stridesOf(shape).forEach((stride) => pickle.integer(stride)));
      pickle.no();
      emptyDictionary(pickle); // of hooks
    }).call()
  );
  return writer.items(() => items.forEach((item) => item(writer))).bytes();
}

/** Elements from one index to the next, in row-major order. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}
