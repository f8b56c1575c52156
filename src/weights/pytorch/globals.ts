/**
 * The names of PyTorch that stand in a file of tensors, and what each makes of its arguments.
 *
 * @module
 */
import { BUILTINS } from "../../format/pickle/builtins.ts";
import { NUMPY } from "../../format/pickle/numpy.ts";
import {
  count,
  type Global,
  type Globals,
  items,
  string,
  Tuple,
} from "../../format/pickle/values.ts";
import { quoted } from "../../format/quoted.ts";
import type { Dtype } from "../../format/safetensors.ts";
import { ELEMENT_BYTES, STORAGE_TYPES, TORCH_TYPES, type TypedStorage } from "./storage.ts";
import { tensorOf, type ViewBudget } from "./tensor.ts";

/** A type of elements, or of a storage of them, as a value. */
export interface TypeName extends Global {
  /** The elements' type; absent for a storage of bytes, whose tensors say it. */
  readonly dtype?: Dtype;
}

/** What PyTorch says to everybody who saves a model rather than its weights. */
export const ADVICE = "save the network alone, with torch.save(model.state_dict(), FILE)";

/** Every name that a file of tensors may use. What its tensors show comes out of `budget`. */
export function torchGlobals(budget: ViewBudget): Globals {
  const rebuild: Global = {
    call: ([storage, offset, size, strides]) => view(typed(storage), offset, size, strides),
  };
  const rebuildTyped: Global = {
    call: ([storage, offset, size, strides, , , type]) =>
      view(retyped(typed(storage), typeOf(type)), offset, size, strides),
  };
  const view = (storage: TypedStorage, offset: unknown, size: unknown, strides: unknown) =>
    tensorOf(storage, {
      offset: count(offset),
      shape: items(size).map(count),
      strides: items(strides).map(count),
    }, budget);
  const first: Global = { call: ([value]) => value };
  const size: Global = {
    call([sizes], spend) {
      spend(items(sizes).length);
      return new Tuple(items(sizes).map(count));
    },
  };
  return new Map<string, Global>([
    ...BUILTINS,
    ...NUMPY,
    ...Object.entries(STORAGE_TYPES).flatMap(([name, dtype]): [string, TypeName][] =>
      ["torch", "torch.cuda"].map((module) => [`${module}.${name}Storage`, { dtype }])
    ),
    ...Object.entries(TORCH_TYPES).map((
      [name, dtype],
    ): [string, TypeName] => [`torch.${name}`, { dtype }]),
    ["torch.storage.UntypedStorage", {}],
    ["torch._utils._rebuild_tensor", rebuild],
    ["torch._utils._rebuild_tensor_v2", rebuild],
    ["torch._utils._rebuild_tensor_v3", rebuildTyped],
    ["torch._utils._rebuild_parameter", first],
    ["torch._utils._rebuild_parameter_with_state", first],
    ["torch.Size", size],
    ["torch.device", { call: ([name]) => string(name) }],
  ]);
}

/** The type that a storage is said to have; undefined for one of bytes. */
export function storageType(value: unknown): Dtype | undefined {
  if (typeof value === "object" && value !== null) return (value as TypeName).dtype;
  throw new TypeError("a storage has no type");
}

function typeOf(value: unknown): Dtype {
  const dtype = storageType(value);
  if (dtype === undefined) throw new TypeError("a tensor has no type");
  return dtype;
}

function typed(value: unknown): TypedStorage {
  if (typeof value === "object" && value !== null && "storage" in value) {
    return value as TypedStorage;
  }
  throw new TypeError("a tensor has no storage");
}

/** The bytes of `storage` as elements of `dtype`. */
function retyped({ storage, dtype, begin, length }: TypedStorage, as: Dtype): TypedStorage {
  const bytes = length * ELEMENT_BYTES[dtype];
  if (begin % ELEMENT_BYTES[as] !== 0) {
    throw new TypeError(`a tensor begins within an element of storage ${quoted(storage.key)}`);
  }
  return { storage, dtype: as, begin, length: Math.floor(bytes / ELEMENT_BYTES[as]) };
}
