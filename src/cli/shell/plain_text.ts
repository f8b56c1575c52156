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
const CONTROL = /(?![\t\n]|\r\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** `text` with every control as `\uXXXX`, which in JSON means the same. */
export function plainText(text: string): string {
  return text.replace(
    CONTROL,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
