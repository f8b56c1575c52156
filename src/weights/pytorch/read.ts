/**
 * A file of PyTorch's as tensors by name.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { NumpyArray } from "../../format/pickle/numpy.ts";
import { Tuple } from "../../format/pickle/values.ts";
import type { Dtype, SafeTensor } from "../../format/safetensors.ts";
import type { Tree } from "../foreign/candidates.ts";
import { readArchive } from "./archive.ts";
import { readLegacy } from "./legacy.ts";
import { ELEMENT_BYTES, Storage } from "./storage.ts";
import { tensorOf, ViewBudget } from "./tensor.ts";

/** How deep tensors are looked for, and in how many containers. */
const DEEPEST = 6, MOST_CONTAINERS = 20_000;

/** NumPy's names of the types. */
const NUMPY_TYPES: Readonly<Record<string, Dtype>> = {
  ...{ f8: "F64", f4: "F32", f2: "F16", i8: "I64", i4: "I32", i2: "I16", i1: "I8" },
  ...{ u8: "U64", u4: "U32", u2: "U16", u1: "U8", b1: "BOOL" },
};

/**
 * The tensors in the file `bytes`, an archive or in the older format.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if it is damaged, made to do harm, or holds something else than tensors and plain containers
 */
export function readPyTorch(bytes: Uint8Array, isArchive: boolean, source: string): Tree {
  const value = isArchive ? readArchive(bytes, source) : readLegacy(bytes, source);
  try {
    return treeOf(value, new ViewBudget(bytes.length, source), source);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${source} is not a usable PyTorch file: ${error.message}.`);
  }
}

/** The tensors in `value`, which may contain itself; everything else is left out. */
function treeOf(value: unknown, budget: ViewBudget, source: string): Tree {
  const trees = new Map<object, Map<string, SafeTensor | Tree>>();
  const queue: { from: object; depth: number }[] = [];
  /** Arrays by what they are: one that stands in many places is one tensor. */
  const arrays = new Map<NumpyArray, SafeTensor | undefined>();
  /** The tensor that `value` is; undefined if it is something else. */
  const tensorIn = (value: unknown) => {
    if (!(value instanceof NumpyArray)) return isTensor(value) ? value : undefined;
    if (!arrays.has(value)) arrays.set(value, numpyTensor(value, budget));
    return arrays.get(value);
  };
  /** The tree of a container, to be filled in its turn. */
  const enter = (from: object, depth: number) => {
    const known = trees.get(from);
    if (known) return known;
    const tree = new Map<string, SafeTensor | Tree>();
    trees.set(from, tree);
    queue.push({ from, depth });
    return tree;
  };
  const top: Tree = isContainer(value) ? enter(value, 0) : new Map();
  for (const { from, depth } of queue) { // which grows meanwhile
    const tree = trees.get(from)!;
    if (trees.size > MOST_CONTAINERS) {
      throw new UsageError(
        `${source} holds more than ${MOST_CONTAINERS} lists and dicts, which no network needs.`,
      );
    }
    for (const [name, inner] of namedItems(from)) {
      const tensor = tensorIn(inner);
      if (tensor) tree.set(name, tensor);
      else if (isContainer(inner) && depth < DEEPEST) tree.set(name, enter(inner, depth + 1));
    }
  }
  return top;
}

function isContainer(value: unknown): value is object {
  return value instanceof Map || value instanceof Tuple || Array.isArray(value);
}

/** What a dict has under strings and numbers, or a list under its numbers. */
function* namedItems(container: object): Generator<[string, unknown]> {
  const entries = container instanceof Map
    ? container
    : (container instanceof Tuple ? container.items : container as unknown[]).entries();
  for (const [key, value] of entries) {
    if (typeof key === "string" || typeof key === "number") yield [String(key), value];
  }
}

function isTensor(value: unknown): value is SafeTensor {
  return typeof value === "object" && value !== null && "dtype" in value && "shape" in value;
}

/** The numbers of `array`; undefined if it holds something else. Throws a `TypeError` if it has too many dimensions. */
function numpyTensor(
  { dtype, shape, bytes, fortran }: NumpyArray,
  budget: ViewBudget,
): SafeTensor | undefined {
  const type = NUMPY_TYPES[dtype?.code ?? ""];
  if (type === undefined || dtype!.bigEndian) return undefined;
  const storage = new Storage("of an array", bytes.length);
  storage.fill(bytes);
  const strides = fortran ? columnMajor(shape) : columnMajor(shape.toReversed()).reverse();
  const length = bytes.length / ELEMENT_BYTES[type];
  return tensorOf(
    { storage, dtype: type, begin: 0, length },
    { offset: 0, shape, strides },
    budget,
  );
}

/** Elements between two neighbours where the first dimension's lie side by side. */
function columnMajor(shape: readonly number[]): number[] {
  let stride = 1;
  return shape.map((length) => (stride *= length) / length || 0);
}
