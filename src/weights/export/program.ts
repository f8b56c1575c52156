/**
 * The order in which a network is computed, with a place for every value that later layers may take over: how it reads as
 * a program.
 *
 * @module
 */
import type { Architecture, Layer } from "../../model/architecture.ts";

/** One layer, and the places of what it takes and gives. */
export interface Statement {
  readonly layer: Layer;
  readonly input: number;
  readonly add?: number;
  readonly result: number;
}

/** A network's layers as statements. The images are in place 0. */
export interface Program {
  readonly statements: readonly Statement[];
  /** Where the last value is. */
  readonly result: number;
}

/** The program of `architecture`, in as few places as its order allows. */
export function programOf({ layers }: Architecture): Program {
  const lastUse = new Map<number, number>([[layers.length, layers.length]]);
  layers.forEach(({ input, ...layer }, i) => {
    lastUse.set(input, Math.max(i, lastUse.get(input) ?? 0));
    if ("add" in layer && layer.add !== undefined) {
      lastUse.set(layer.add, Math.max(i, lastUse.get(layer.add) ?? 0));
    }
  });
  /** The value in each place. */
  const places: number[] = [0];
  const placeOf = (value: number) => places.indexOf(value);
  const statements = layers.map((layer, i): Statement => {
    const input = placeOf(layer.input);
    const add = layer.convolution && layer.add !== undefined ? placeOf(layer.add) : undefined;
    const free = places.findIndex((value) => (lastUse.get(value) ?? -1) <= i);
    const result = free < 0 ? places.length : free;
    places[result] = i + 1;
    return { layer, input, ...add !== undefined && { add }, result };
  });
  return { statements, result: placeOf(layers.length) };
}
