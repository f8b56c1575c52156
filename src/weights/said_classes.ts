/**
 * What files of weights that are written here say of the classes that their network tells apart.
 *
 * @module
 */
import * as v from "valibot";

/** The name under which they stand in a file's metadata. */
const NAME = "memloss.classes";
const SCHEMA = v.pipe(v.string(), v.parseJson(), v.array(v.string()));

/** What is put into the metadata of weights of a network that was trained to tell `classes` apart, in label order. */
export function classesMetadata(classes: readonly string[] | undefined): Record<string, string> {
  return classes === undefined ? {} : { [NAME]: JSON.stringify(classes) };
}

/** What `metadata` say; undefined if nothing, or nothing that was written here. */
export function saidClasses(
  metadata: Readonly<Record<string, unknown>>,
): readonly string[] | undefined {
  const { success, output } = v.safeParse(SCHEMA, metadata[NAME]);
  return success ? output as string[] : undefined;
}
