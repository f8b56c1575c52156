/**
 * The two ways a command can end badly. Anything else that reaches `main` is a bug.
 *
 * @module
 */

/** Wrong use or bad input: an unknown flag, a missing directory, a truncated file. Exit code 2. */
export class UsageError extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "UsageError";
  /** What the program ends with. */
  readonly exitCode = 2;
}

/** The command was well-formed but failed while it ran: a NaN loss, a full disk, a lost device. Exit code 1. */
export class RunError extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "RunError";
  /** What the program ends with. */
  readonly exitCode = 1;
}

/** The user stopped the command (Ctrl-C); what was done is saved. Exit code 130, as shells expect for SIGINT. */
export class Interrupted extends Error {
  /** What kind of error it is, also where the class is not at hand. */
  override readonly name = "Interrupted";
  /** What the program ends with. */
  readonly exitCode = 130;
}
