/**
 * JSON that people read too.
 *
 * @module
 */

/** A list of nothing but numbers, one a line. Text in JSON has no line breaks, so that none is taken for one. */
const NUMBERS = /\[\n\s*(-?\d[\d.eE+-]*(?:,\n\s*-?\d[\d.eE+-]*)*)\n\s*\]/g;

/** `value` as JSON, indented by two spaces; a list of numbers, such as a row of a matrix, is on one line. */
export function formatJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(NUMBERS, (_, numbers: string) => `[${numbers.replace(/\n\s*/g, " ")}]`);
}
