/**
 * One sitting at an evaluation that may take several: what the earlier ones have left, how often this one keeps what it
 * is busy with, and how it stops.
 *
 * @module
 */
import type { Break } from "../../attack/autoattack/lanes.ts";
import type { Example } from "../../attack/autoattack/search.ts";
import type { SearchState } from "../../attack/autoattack/search_state.ts";
import type { AutoAttackMember } from "../../attack/autoattack/versions.ts";
import { Interrupted } from "../../errors.ts";
import type { Journal } from "./journal.ts";
import type { Unfinished } from "./unfinished.ts";
import type { Verdict } from "./verdict.ts";

/** Milliseconds after which a kill may cost no more. */
const KEEP_AFTER = 60_000;

/** What earlier sittings have left of one member's searches. */
export interface Left {
  /** How those have ended that have, by image. */
  readonly found: Map<number, Break | undefined>;
  /** Where those stand that have begun, by image. */
  readonly states: Map<number, SearchState>;
  /** Time that they took. */
  readonly seconds: number;
}

/** Without a journal, the first and only one. */
export class Sitting {
  /** Logits of the first clean images, one row each. */
  clean: Float32Array = new Float32Array(0);
  readonly #journal: Journal | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #left: Omit<Unfinished, "clean"> = { seconds: 0, states: new Map() };
  #kept = performance.now();

  /** @param tell told why what was begun cannot be gone on with */
  constructor(
    journal: Journal | undefined,
    signal: AbortSignal | undefined,
    tell: (line: string) => void,
  ) {
    this.#journal = journal;
    this.#signal = signal;
    const unfinished = journal?.unfinished;
    if (typeof unfinished === "string") tell(unfinished);
    else if (unfinished) {
      this.clean = unfinished.clean;
      this.#left = unfinished;
    }
  }

  /** What is left of the searches of `member` on `attacked`. */
  left(member: AutoAttackMember, attacked: readonly Example[]): Left {
    const ids = new Set(attacked.map(({ id }) => id));
    const verdicts = (this.#journal?.verdicts ?? [])
      .filter((verdict) => verdict.member === member && ids.has(verdict.id));
    const found = new Map(verdicts.map(({ id, outcome }) => [id, outcome]));
    const { states, seconds } = this.#left.member === member
      ? this.#left
      : { states: [], seconds: 0 };
    const going = [...states].filter(([id]) => ids.has(id) && !found.has(id));
    return {
      found,
      states: new Map(going),
      seconds: Math.max(seconds, verdicts.at(-1)?.seconds ?? 0),
    };
  }

  /** Keeps how a search has ended. Throws a `RunError` if the disk fails. */
  async append(verdict: Verdict): Promise<void> {
    await this.#journal?.append(verdict);
  }

  /**
   * Between two batches, keeps what is begun, if it is time or the signal is aborted.
   *
   * @param busy what this sitting is busy with; the last one's unless told otherwise
   * @throws {Interrupted} if the signal is aborted
   * @throws {RunError} if the disk fails
   */
  async pause(busy: Omit<Unfinished, "clean"> = this.#left): Promise<void> {
    const stop = this.#signal?.aborted === true;
    if (this.#journal && (stop || performance.now() - this.#kept >= KEEP_AFTER)) {
      await this.#journal.keep({ ...busy, clean: this.clean });
      this.#kept = performance.now();
    }
    if (!stop) return;
    throw new Interrupted(
      this.#journal
        ? "Stopped during AutoAttack: the same command continues where it stopped."
        : "Stopped during AutoAttack.",
    );
  }
}
