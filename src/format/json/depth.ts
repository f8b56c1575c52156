/**
 * How deep JSON is nested, told before it is parsed: what is nested a million times takes a parser's memory and means nothing.
 *
 * @module
 */

/** Whether brackets of `json` are nested deeper than `most`; those in strings do not count. */
export function isDeeper(json: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) {
      while (++at < json.length && json.charCodeAt(at) !== 0x22) {
        if (json.charCodeAt(at) === 0x5c) at++;
      }
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
