/**
 * An operating system's refusal in words, and whether it says anything about what is stored.
 *
 * @module
 */
import { RunError } from "../errors.ts";

/**
 * The place would not be read or written: it is full, read-only, forbidden, failing or out of reach. That says nothing
 * about what lies there, so nothing is taken for damaged, and nothing is made anew, because of it.
 */
export class StorageError extends RunError {}

/** What systems say by their codes. */
const CODES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full, free some space and try again",
  EDQUOT: "the disk is full, free some space and try again",
  EISDIR: "it is a folder",
  EROFS: "the file system is read-only",
  EIO: "the device failed (input/output error)",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** What SQLite, which gives no code through Deno KV, says of a place; whatever else it says is about the file. */
const DATABASE_MESSAGES: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/database or disk is full/, CODES.ENOSPC!],
  [/disk I\/O error/, CODES.EIO!],
  [/readonly database|read-only database/, "it may not be written"],
  [/unable to open database file/, "it cannot be opened"],
  [/database (?:table )?is locked/, "another process has it open"],
  [/^out of memory$/, "there is no memory left"],
];

/** Codes about what lies at a path: nothing, a folder, no folder, a circle of links. */
const ABOUT_CONTENT = ["ENOENT", "EISDIR", "ENOTDIR", "ELOOP"];

/** Why an operation on a file failed, as the end of a sentence. */
export function describeIoError(error: unknown): string {
  const known = CODES[String((error as { code?: unknown } | null)?.code)];
  if (known !== undefined) return known;
  if (error instanceof Deno.errors.NotFound) return "there is no such file or directory";
  if (error instanceof Deno.errors.NotCapable) return "this task was not given that permission";
  if (error instanceof Deno.errors.PermissionDenied) return "permission was denied";
  const message = error instanceof Error ? error.message : String(error);
  return DATABASE_MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? message;
}

/**
 * The failure of an operation as `WHAT: why`, or `WHAT (why): ADVICE`: a {@linkcode StorageError} where the place is to
 * blame, else a {@linkcode RunError}.
 */
export function ioError(what: string, cause: unknown, advice?: string): RunError {
  const reason = describeIoError(cause);
  const message = advice === undefined ? `${what}: ${reason}` : `${what} (${reason}): ${advice}`;
  return new (isAboutPlace(cause) ? StorageError : RunError)(message, { cause });
}

/** Whether `error` is about the place rather than about what lies there. */
export function isAboutPlace(error: unknown): boolean {
  if (error instanceof StorageError || error instanceof Deno.errors.NotCapable) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return !ABOUT_CONTENT.includes(code);
  return DATABASE_MESSAGES.some(([pattern]) => pattern.test(error.message));
}
