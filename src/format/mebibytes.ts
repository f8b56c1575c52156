/**
 * Bytes as people read them, in MiB; the unit is the caller's to write.
 *
 * @module
 */

const MEBIBYTE = 2 ** 20;

/** `bytes` as MiB with one digit, e.g. `12.5`. */
export function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}

/** The whole number of MiB that `bytes` fit in. */
export function wholeMebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE);
}
