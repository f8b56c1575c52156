/**
 * What a schema of keys takes for an object of none.
 *
 * @module
 */
import * as v from "valibot";

/** Refuses a list, which valibot's schemas of objects and records take for one without keys; goes before them in a pipe. */
export const keyed = v.custom<object>((value) => !Array.isArray(value), "must be an object");
