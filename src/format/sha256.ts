/**
 * SHA-256, as 64 lower-case hexadecimal digits.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** SHA-256 of `parts`, one after another (a text as UTF-8), as 64 lower-case hexadecimal digits. */
export function sha256(...parts: readonly (Uint8Array | string)[]): string {
  return sha256Of(parts);
}

/** {@linkcode sha256} of parts that may be too many for arguments. */
export function sha256Of(parts: Iterable<Uint8Array | string>): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
