/**
 * Command lines of tests that share flags.
 *
 * @module
 */

/** `more`, and those of `defaults`, each of them `--name=value`, that are not among them: a flag may be given once. */
export function withDefaults(defaults: readonly string[], more: readonly string[]): string[] {
  const nameOf = (flag: string) => flag.split("=")[0]!;
  const given = new Set(more.map(nameOf));
  return [...defaults.filter((flag) => !given.has(nameOf(flag))), ...more];
}
