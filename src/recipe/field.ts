/**
 * One row of the recipe's table. Everything about a field is said in it, once.
 *
 * @module
 */
import type * as v from "valibot";
import { methodOf } from "../method/methods.ts";
import { type Coefficient, needsHelper } from "../method/method.ts";
import { type Flag, withDefault } from "./flag.ts";
import type { Path, Recipe, ValueAt } from "./recipe.ts";

/** Titles of the help, in their order. */
export const GROUPS = [
  "What to train",
  "Optimiser",
  "Attack",
  "Memory",
  "Device",
  "Output",
] as const;
/** One of {@linkcode GROUPS}. */
export type Group = typeof GROUPS[number];

/** What is settled when a row is looked at: the rows above it. What has no use is absent, whatever the type says. */
export type Above = Required<Recipe>;

/** When a field has a meaning. */
export interface Condition {
  holds(above: Above): boolean;
  /** The flag that keeps it from having one. */
  cause(above: Above): string;
  /** Whether the fields that need it are settings of what it asks for, and leave a recipe with that when a change takes it away. */
  readonly settings?: true;
}

/** What a value is said in: in another it would be another value. */
export interface Unit {
  of(above: Above): string;
  /** The flag that decides it. */
  cause(above: Above): string;
}

/** A row, with values of type `T`. */
export interface Settings<T> {
  readonly group: Group;
  /** The value unless given, or how it follows from what is above; a field without one, or with none there, can be absent. */
  readonly default?: T | ((above: Above) => T | undefined);
  /** The default in words, where it is no value. */
  readonly said?: string;
  /** When it has a meaning; always unless given. */
  readonly needs?: Condition;
  /** Whether recipes of format 1 have it also where it has no meaning. */
  readonly inFormat1?: true;
  /** @throws {UsageError} if the value does not go with what is above */
  readonly check?: (value: T, above: Above) => void;
  /** What its values are said in. */
  readonly units?: readonly Unit[];
  /** Of a field that can be absent: what asks for a recipe without it, as `false` and 0 always do. */
  readonly none?: T;
  /** Of a field that can be absent: whether `value` asks for what a recipe without it does; `none`, `false` and 0 always do. */
  readonly idle?: (value: T, recipe: Recipe) => boolean;
  /** Whether it belongs to one start of a run, and another start may have another. */
  readonly perStart?: true;
  /** Whether runs were made before there was such a field, which did what is its default. */
  readonly later?: true;
}

/** A row of the table. */
export interface Field<P extends Path = Path, S extends v.GenericSchema = v.GenericSchema>
  extends Settings<ValueAt<P>> {
  /** Where it stands in the recipe. */
  readonly path: P;
  /** Its flag, whose name in camel case is the field's name in the table. */
  readonly flag: Flag<S>;
}

/** The row of the field at `path`. */
export function field<P extends Path, S extends v.GenericSchema<unknown, ValueAt<P>>>(
  path: P,
  flag: Flag<S>,
  settings: Settings<ValueAt<P>>,
): Field<P, S> {
  const { group, default: value } = settings;
  const said = settings.said ?? (typeof value === "function" ? undefined : value);
  const shown = said === undefined ? flag : withDefault(flag, () => String(said));
  return { ...settings, path, flag: { ...shown, group } };
}

const byVariant = (holds: (above: Above) => boolean): Condition => ({
  holds,
  cause: ({ variant }) => `--variant ${variant}`,
});

/** The method attacks. */
export const ATTACKS = byVariant(({ variant }) => methodOf(variant).attack !== undefined);

/** Attacks start from memory examples. */
export const FROM_MEMORY: Condition = {
  settings: true,
  holds: ({ attack }) => attack?.start === "memory",
  cause: ({ variant, attack }) =>
    attack === undefined ? `--variant ${variant}` : `--attack-start ${attack.start}`,
};

/** The method has a memory. */
export const HAS_MEMORY = byVariant(({ variant }) => methodOf(variant).memory !== undefined);

/** The method takes a helper. */
export const HAS_HELPER = byVariant(({ variant }) => needsHelper(methodOf(variant)));

/** The method has the coefficient `name`. */
export function has(name: Coefficient): Condition {
  return byVariant(({ variant }) => methodOf(variant).coefficients[name] !== undefined);
}
