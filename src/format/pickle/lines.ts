/**
 * Values as protocol 0 writes them: a line of text each. What is none throws a `TypeError`.
 *
 * @module
 */
import { plain } from "./input.ts";

/** An integer, or True or False. */
export function booleanOrInteger(line: string): number | bigint | boolean {
  if (line === "00" || line === "01") return line === "01";
  if (!/^-?\d{1,300}L?$/.test(line)) {
    throw new TypeError("an integer has other characters than digits");
  }
  return plain(BigInt(line.replace("L", "")));
}

/** The number under which something is remembered. */
export function index(line: string): number {
  if (!/^\d{1,9}$/.test(line)) throw new TypeError("what is remembered has no number");
  return Number(line);
}

/** A string in quotes. */
export function quotedText(line: string): string {
  const [, , text] = /^(["'])(.*)\1$/s.exec(line) ?? [];
  if (text === undefined) throw new TypeError("a string has no quotes");
  return text;
}
