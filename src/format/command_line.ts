/**
 * Command lines as text. What the program advises anywhere is written `memloss …` between backticks; the commands' output
 * puts in its place what calls the program where the user stands.
 *
 * @module
 */

/** The command `memloss ARGS…` as advice in a sentence. */
export function advised(...args: readonly string[]): string {
  return `\`memloss ${args.map(shellWord).join(" ")}\``;
}

/** `text` with `program` in place of the name in everything {@linkcode advised}. */
export function asTyped(text: string, program: string): string {
  return text.replaceAll("`memloss ", () => `\`${program} `);
}

/** `word` as a shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
