/**
 * Text that a terminal shows and does not obey: names of files and tensors, and what is written in them, may come from
 * anybody.
 *
 * @module
 */

/**
 * Controls other than line breaks and tabs, ESC and the one-byte forms of its sequences among them, and what turns the
 * direction of the text around.
 */
// deno-lint-ignore no-control-regex
const CONTROL =
  /\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** `text` with every control as `\uXXXX`, which in JSON means the same. */
export function plainText(text: string): string {
  return text.replace(
    CONTROL,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
