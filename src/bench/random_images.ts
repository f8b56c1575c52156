/**
 * Images and labels that need no file and nobody reads: an engine's time does not depend on what it multiplies.
 *
 * @module
 */
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { CIFAR10 } from "../data/sets/cifar10.ts";

/** `n` random images of CIFAR-10's shape and classes. */
export function randomImages(n: number): Dataset {
  const { name, classes, shape } = CIFAR10;
  const byte = (range: number) => () => Math.floor(range * Math.random());
  return {
    ...{ name, classes, shape, n },
    images: Uint8Array.from({ length: n * valuesPerImage(shape) }, byte(256)),
    labels: Uint8Array.from({ length: n }, byte(classes.length)),
  };
}
