/**
 * What an HTTP answer to "the bytes from `have` on" allows: to append, to start over, to try again, or to give up.
 *
 * @module
 */

/** What to do with a response. Only `write` means that its body is wanted. */
export type NextStep =
  /** The body starts at byte `offset` of the file: `have`, or 0. */
  | { readonly kind: "write"; readonly offset: number }
  /** The ranges of this server cannot be used: ask for the whole file. */
  | { readonly kind: "start over"; readonly reason: string }
  /** A passing fault of the server. */
  | { readonly kind: "try again"; readonly reason: string }
  /** Trying again would not help. `tooLong`: the server's file is longer than the expected one. */
  | { readonly kind: "give up"; readonly reason: string; readonly tooLong: boolean };

const REQUEST_TIMEOUT = 408;
const RANGE_NOT_SATISFIABLE = 416;
const TOO_MANY_REQUESTS = 429;

/**
 * Judges `response` by its status and headers.
 *
 * @param have bytes already on disk; a `Range` was sent when it is over 0
 * @param bytes size of the whole file
 */
export function chooseNextStep(response: Response, have: number, bytes: number): NextStep {
  const { status, headers } = response;
  if (status === 200) {
    const length = Number(headers.get("content-length") ?? bytes);
    return length === bytes ? { kind: "write", offset: 0 } : wrongLength(length, bytes);
  }
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    const start = Number(range?.[1] ?? NaN);
    const total = Number(range?.[2] === "*" ? bytes : range?.[2] ?? NaN);
    if (start === have && total === bytes) return { kind: "write", offset: have };
    if (start === have) return wrongLength(total, bytes);
    return { kind: "start over", reason: "the server sent another range than the one asked for" };
  }
  if (status === RANGE_NOT_SATISFIABLE && have > 0) {
    const total = Number(
      /^bytes \*\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1] ?? bytes,
    );
    if (total !== bytes) return wrongLength(total, bytes);
    return { kind: "start over", reason: "the server refused the range" };
  }
  const reason = `the server answered ${status} ${response.statusText}`.trimEnd();
  const passing = status >= 500 || status === REQUEST_TIMEOUT || status === TOO_MANY_REQUESTS;
  return passing ? { kind: "try again", reason } : { kind: "give up", reason, tooLong: false };
}

function wrongLength(length: number, bytes: number): NextStep {
  const reason = `the server's file has ${length} bytes, and ${bytes} were expected`;
  return { kind: "give up", reason, tooLong: length > bytes };
}
