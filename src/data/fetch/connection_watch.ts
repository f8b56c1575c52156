/**
 * The network's failures as values: a dropped, refused or silent connection is an expected end of an attempt.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** Ends a connection that is silent for too long, or when the caller's signal says so. */
export class ConnectionWatch {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;

  constructor(readonly outer: AbortSignal | undefined, readonly stallTimeout: number) {
    this.signal = outer === undefined
      ? this.#controller.signal
      : AbortSignal.any([outer, this.#controller.signal]);
  }

  /**
   * What `network` resolves to, or why the connection failed, be it that the outer signal has aborted.
   *
   * @throws {UsageError} when the host may not be reached
   */
  async during<T>(network: () => Promise<T>): Promise<T | string> {
    const timer = setTimeout(() => this.#controller.abort(), this.stallTimeout);
    try {
      return await network();
    } catch (error) {
      if (this.signal.aborted) return `nothing arrived for ${this.stallTimeout / 1000} s`;
      if (error instanceof Deno.errors.NotCapable) {
        throw new UsageError(`This command may not reach that host: ${error.message}.`);
      }
      return describe(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection if it is still open. */
  stop(): void {
    this.#controller.abort();
  }
}

/** A network error's cause without the address, which the sentence around it already has. */
function describe(error: unknown): string {
  const { message } = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error as Error;
  return message.replace(/^error sending request for url \([^)]*\): /, "the connection failed: ");
}
