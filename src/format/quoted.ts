/**
 * Names out of files, as they stand in a sentence.
 *
 * @module
 */

/** Characters that are shown of a name. */
const MOST_CHARACTERS = 120;

/** `name` in quotes, on one line and not longer than a reader can use. */
export function quoted(name: string): string {
  return JSON.stringify(
    name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}…` : name,
  );
}
