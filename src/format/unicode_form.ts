/**
 * Names that look the same and are not: an accent is part of its letter here (NFC), and behind it there (NFD, as older Macs
 * write it).
 *
 * @module
 */

/** What to do about them. */
export const ONE_FORM = "give both names one form, as convmv --nfc does";

/** The one of `names` from which `name` differs in its Unicode form only. */
export function otherForm(name: string, names: readonly string[]): string | undefined {
  if (names.includes(name)) return undefined;
  return names.find((each) => each.normalize() === name.normalize());
}
