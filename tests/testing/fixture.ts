/**
 * The reference values under `tests/fixtures/`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { decodeSafetensors, type SafeTensor } from "../../src/format/safetensors.ts";

/** A file of reference tensors, in PyTorch's layouts. */
export interface Fixture {
  /** Everything in the file, by name. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** The values of a floating-point tensor. */
  values(name: string): Float32Array | Float64Array;
  /** The values of an int32 tensor. */
  integers(name: string): Int32Array;
  /** The tensors whose names begin with `prefix`, without it. */
  under(prefix: string): Map<string, SafeTensor>;
  /** The state dict that stands beside the results: `LAYER.KIND` for everything that a layer keeps. */
  stateDict(): Map<string, SafeTensor>;
}

/** Reads `tests/fixtures/NAME.safetensors`; asking it for a tensor that it lacks fails the test. */
export function fixture(name: string): Fixture {
  return fixtureAt(new URL(`../fixtures/${name}.safetensors`, import.meta.url).pathname);
}

/** Reads the reference tensors at `path`. */
export function fixtureAt(path: string): Fixture {
  const { tensors } = decodeSafetensors(Deno.readFileSync(path), path);
  return {
    tensors,
    values(name) {
      const data = tensors.get(name)?.data;
      assert(data instanceof Float32Array || data instanceof Float64Array, name);
      return data;
    },
    integers(name) {
      const data = tensors.get(name)?.data;
      assert(data instanceof Int32Array, name);
      return data;
    },
    under: (prefix) =>
      new Map(
        [...tensors].filter(([name]) => name.startsWith(prefix))
          .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
      ),
    stateDict: () =>
      new Map(
        [...tensors].filter(([name]) => /^(conv\d|bn\d?|layer\d|block\d|linear|fc)\./.test(name)),
      ),
  };
}

/** Reads `tests/fixtures/NAME.json`. */
export function jsonFixture(name: string): unknown {
  return JSON.parse(Deno.readTextFileSync(new URL(`../fixtures/${name}.json`, import.meta.url)));
}
