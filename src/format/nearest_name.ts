/**
 * What a name that nobody knows was meant to be.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";

/** The one of `names` that `given` was probably meant to be, if at most a third of it has to be changed. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const nearest = closest(given, names);
  return distance(given, nearest) <= Math.ceil(given.length / 3) ? nearest : undefined;
}
