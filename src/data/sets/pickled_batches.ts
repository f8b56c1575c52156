/**
 * The other format of CIFAR's authors, which torchvision fetches: pickles of dicts with the pixels as an array and the
 * labels as a list. They are read, never run.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { BUILTINS } from "../../format/pickle/builtins.ts";
import { NUMPY, NumpyArray } from "../../format/pickle/numpy.ts";
import { unpickle } from "../../format/pickle/unpickle.ts";
import { items } from "../../format/pickle/values.ts";
import { type ImageShape, valuesPerImage } from "../dataset.ts";
import { interleave } from "./binary_records.ts";
import type { LabelledImages } from "./definition.ts";

/** Dicts of images of `shape`. */
export interface PickleLayout {
  readonly shape: ImageShape;
  /** What the list of classes is called. */
  readonly labels: string;
  /** How many classes there are. */
  readonly classes: number;
}

const GLOBALS = new Map([...BUILTINS, ...NUMPY]);

/**
 * What reads files of such dicts: `data` of [N, values] bytes, an image's as one plane for each channel, and N labels.
 *
 * The function it returns throws a {@linkcode UsageError} naming the file when that is damaged, asks for anything that could
 * run, or holds other arrays or a label that there is not.
 */
export function pickleDecoder(
  { shape, labels: called, classes }: PickleLayout,
): (bytes: Uint8Array, path: string) => LabelledImages {
  return (bytes, path) => {
    const source = `The data file "${path}"`, advice = "take the file that its authors published";
    const refuse = (what: string): never => {
      throw new UsageError(`${source} ${what}; fetch it again.`);
    };
    const { value, end } = unpickle(bytes, { source, advice, globals: GLOBALS });
    if (end !== bytes.length) refuse(`has ${bytes.length - end} bytes behind its end`);
    const planes = pixelsOf(valueOf(value, "data"), valuesPerImage(shape));
    const given = listOf(valueOf(value, called));
    if (planes === undefined) {
      return refuse(`has no array "data" of [N,${valuesPerImage(shape)}] bytes`);
    }
    if (given === undefined) return refuse(`has no list "${called}"`);
    const n = planes.length / valuesPerImage(shape);
    if (n === 0) refuse("has no images");
    if (given.length !== n) refuse(`has ${n} images and ${given.length} labels`);
    const images = new Uint8Array(planes.length), labels = new Uint8Array(n);
    for (const [image, label] of given.entries()) {
      if (typeof label !== "number" || !(label >= 0 && label < classes) || label % 1 !== 0) {
        refuse(`has a label for image ${image} that is no whole number from 0 to ${classes - 1}`);
      }
      labels[image] = label as number;
      const at = image * valuesPerImage(shape);
      interleave(planes, at, images, at, shape);
    }
    return { images, labels };
  };
}

/** What `dict` has under `key`, which Python 2 wrote as bytes; undefined if it is no dict or has none. */
function valueOf(dict: unknown, key: string): unknown {
  if (!(dict instanceof Map)) return undefined;
  for (const [name, value] of dict) {
    if (name === key) return value;
    if (name instanceof Uint8Array && new TextDecoder().decode(name) === key) return value;
  }
  return undefined;
}

/** The bytes of `array` if it has N rows of `values` of them. */
function pixelsOf(array: unknown, values: number): Uint8Array | undefined {
  if (!(array instanceof NumpyArray)) return undefined;
  const { dtype, shape, fortran, bytes } = array;
  const isPixels = dtype?.code === "u1" && shape.length === 2 && shape[1] === values && !fortran;
  return isPixels ? bytes : undefined;
}

function listOf(value: unknown): readonly unknown[] | undefined {
  try {
    return items(value);
  } catch {
    return undefined;
  }
}
