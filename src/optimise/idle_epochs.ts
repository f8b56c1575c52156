/**
 * Epochs in which the learning rate is 0, as only that of `piecewise` can be. A run that has them can be read, resumed and
 * repeated; none is begun with them.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { idleEpoch, readKnots } from "./knots.ts";
import type { Schedule } from "./schedule.ts";

/** Epochs without a learning rate. */
export interface IdleEpochs {
  /** The first of them, from 1. */
  readonly first: number;
  /** Whether there is none that trains after it, however long the run is. */
  readonly last: boolean;
  /** Where they are, as a part of a sentence: `--lr-knots … is 0 from epoch 3 on`. */
  readonly said: string;
}

/** Where the learning rate is 0 throughout one of `epochs` after `done` of them; undefined if it never is. */
export function findIdleEpochs(
  { lrKnots = "" }: Pick<Schedule, "lrKnots">,
  epochs: number,
  done = 0,
): IdleEpochs | undefined {
  const knots = readKnots(lrKnots);
  const first = knots && idleEpoch(knots, epochs, done);
  if (first === undefined) return undefined;
  const last = knots!.every(({ epoch, share }) => share === 0 || epoch < first);
  const where = last ? `from epoch ${first} on` : `throughout epoch ${first}`;
  return { first, last, said: `--lr-knots ${lrKnots} is 0 ${where}` };
}

/**
 * Refuses to begin a run of `epochs` if some of them would train nothing.
 *
 * @throws {UsageError} naming the first one
 */
export function refuseIdleEpochs(schedule: Pick<Schedule, "lrKnots">, epochs: number): void {
  const idle = findIdleEpochs(schedule, epochs);
  if (idle === undefined) return;
  const { first, last, said } = idle;
  throw new UsageError(
    last
      ? `${said}, and there would be nothing to train in the rest of ${epochs} --epochs: ` +
        `give --epochs ${first - 1}, or knots that come to 0 in epoch ${epochs}.`
      : `${said}, and there would be nothing to train in it: give knots over 0, such as a share of 0.01.`,
  );
}
