/**
 * A run's recipe for TensorBoard's table of hyper-parameters. The numbers are those of the plugin's `plugin_data.proto` and
 * `api.proto`.
 *
 * @module
 */
import { Message } from "../../format/protobuf.ts";
import { FIELDS, valueAt } from "../../recipe/fields.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { pluginData, type Value } from "./messages.ts";

type Setting = string | number | boolean;

/** `DataType` by what JavaScript calls it. */
const TYPES: Readonly<Record<string, number>> = { string: 1, boolean: 2, number: 3 };
/** `Status.STATUS_SUCCESS`. */
const SUCCESS = 1;

/** What a run begins with: its hyper-parameters by their paths in the recipe, and which scalars are its results. */
export function beginning(recipe: Recipe, metrics: readonly string[]): Value[] {
  const settings = settingsOf(recipe);
  const experiment = new Message(), session = new Message();
  for (const [name, value] of settings) {
    experiment.message(4, new Message().text(1, name).integer(4, TYPES[typeof value]!));
    session.message(1, new Message().text(1, name).message(2, jsonValue(value)));
  }
  for (const tag of metrics) {
    experiment.message(5, new Message().message(1, new Message().text(2, tag)));
  }
  session.double(5, Date.now() / 1000);
  return [of("experiment", 2, experiment), of("session_start_info", 3, session)];
}

/** What a run ends with. */
export function ending(): Value[] {
  const session = new Message().integer(1, SUCCESS).double(2, Date.now() / 1000);
  return [of("session_end_info", 4, session)];
}

function of(name: string, field: number, content: Message): Value {
  return pluginData(`_hparams_/${name}`, "hparams", new Message().message(field, content));
}

/** What of `recipe` decides about the result. */
function settingsOf(recipe: Recipe): [string, Setting][] {
  return FIELDS.filter(({ perStart }) => !perStart)
    .map(({ path }) => [path, valueAt(recipe, path)] as const)
    .filter((entry): entry is [typeof entry[0], Setting] => (typeof entry[1]) in TYPES);
}

/** `google.protobuf.Value`. */
function jsonValue(value: Setting): Message {
  const message = new Message();
  if (typeof value === "number") return message.double(2, value);
  return typeof value === "string" ? message.text(3, value) : message.integer(4, +value);
}
