/**
 * What a model from elsewhere takes for images in [0,1], as flags.
 *
 * @module
 */
import * as v from "valibot";
import type { InputScaling } from "../../evaluate/tfjs/input_scaling.ts";
import { type Flag, parseNumber } from "../../recipe/flag.ts";
import type { FlagValues } from "../shell/command.ts";

const numbers = (expected: string) =>
  v.array(v.pipe(v.number(expected), v.finite(expected)), expected);

function numbersFlag<S extends v.GenericSchema>(
  name: string,
  placeholder: string,
  help: string,
  schema: S,
): Flag<S> {
  return { name, placeholder, help, schema, parse: (text) => text.split(",").map(parseNumber) };
}

const pair = "must be two numbers, such as -1,1";
const list = "must be numbers, such as 0.49,0.48,0.45";

/** How a `model.json` takes its images. */
export const INPUT_FLAGS = {
  inputRange: numbersFlag(
    "input-range",
    "0,1|-1,1|0,255|LEAST,MOST",
    "what a model.json takes for 0 and 1, the ends of the images' range; default 0,1",
    v.pipe(
      v.tuple([v.number(pair), v.number(pair)], pair),
      v.check(([least, most]) => least < most, "must be two numbers, the smaller first"),
    ),
  ),
  inputMean: numbersFlag(
    "input-mean",
    "M,…",
    "subtracted from each channel in that range, before a model.json",
    numbers(list),
  ),
  inputStd: numbersFlag(
    "input-std",
    "S,…",
    "what each channel is divided by then",
    numbers(list),
  ),
} as const;

/** What the flags say; undefined where none is given. */
export function inputScaling(
  { inputRange: range, inputMean: mean, inputStd: std }: FlagValues<typeof INPUT_FLAGS>,
): InputScaling | undefined {
  if (range === undefined && mean === undefined && std === undefined) return undefined;
  return { ...range && { range }, ...mean && { mean }, ...std && { std } };
}
