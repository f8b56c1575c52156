/**
 * What is said of memory examples that are there and cannot be used.
 *
 * @module
 */
import type { DamagedExample } from "../../memory/options.ts";
import type { DamageNote } from "../../run/metrics.ts";
import type { RunLog } from "../../run/run_log.ts";
import type { TrainingObserver } from "../training_run.ts";

/** Tells the log of every example that a step had to do without, and the observer of every fault once. */
export class DamageTeller {
  readonly #log: Pick<RunLog, "append">;
  readonly #observer: Pick<TrainingObserver, "onDamage"> | undefined;
  /** Faults that the observer knows of. */
  readonly #told = new Set<string>();

  /** @param observer absent where nobody watches */
  constructor(
    log: Pick<RunLog, "append">,
    observer: Pick<TrainingObserver, "onDamage"> | undefined,
  ) {
    this.#log = log;
    this.#observer = observer;
  }

  /** Tells of the examples that the step at a position had to do without. */
  async tell(
    damaged: readonly DamagedExample[],
    { epoch, step }: Pick<DamageNote, "epoch" | "step">,
  ): Promise<void> {
    for (const each of damaged) {
      const note: DamageNote = { kind: "damage", epoch, step, ...each };
      await this.#log.append(note);
      if (this.#told.has(note.fault)) continue;
      this.#told.add(note.fault);
      this.#observer?.onDamage?.(note);
    }
  }
}
