/**
 * A curve of straight lines between knots, written as text: `0:0,15:1,30:0` rises from 0 to 1 over 15 epochs and falls to 0
 * over the next 15.
 *
 * @module
 */

/** A point of the curve. */
export interface Knot {
  /** Epochs that are done, 0 or more, whole or not. */
  readonly epoch: number;
  /** Share of the peak learning rate, 0 to 1. */
  readonly share: number;
}

/** What {@linkcode readKnots} takes, in words. */
export const KNOTS_FORM =
  "must be EPOCH:SHARE,EPOCH:SHARE,… with rising epochs from 0 and shares of --lr from 0 to 1, such as 0:0,15:1,30:0";

const NUMBER = /^\d+(\.\d+)?(e[+-]?\d+)?$/;

/** The knots that `text` says, in their order; undefined if it says none, one that is out of range, or one twice. */
export function readKnots(text: string): Knot[] | undefined {
  const knots = text.split(",").map((knot) => {
    const numbers = knot.split(":").map((part) => part.trim());
    const [epoch = NaN, share = NaN] = numbers.map((part) => NUMBER.test(part) ? +part : NaN);
    return numbers.length === 2 ? { epoch, share } : { epoch: NaN, share: NaN };
  });
  const meant = knots.every(({ epoch, share }, i) =>
    epoch > (knots[i - 1]?.epoch ?? -1) && epoch < Infinity && share >= 0 && share <= 1
  );
  return meant && knots.some(({ share }) => share > 0) ? knots : undefined;
}

/** `knots` as {@linkcode readKnots} takes them: equal curves are equal texts. */
export function knotsText(knots: readonly Knot[]): string {
  return knots.map(({ epoch, share }) => `${epoch}:${share}`).join(",");
}

/** The share after `epoch` epochs, as `numpy.interp`: before the first knot and after the last it stays what it is there. */
export function interpolate(knots: readonly Knot[], epoch: number): number {
  const next = knots.findIndex((knot) => knot.epoch > epoch);
  if (next < 0) return knots.at(-1)!.share;
  if (next === 0) return knots[0]!.share;
  const from = knots[next - 1]!, to = knots[next]!;
  const slope = (to.share - from.share) / (to.epoch - from.epoch);
  return from.share + slope * (epoch - from.epoch);
}

/**
 * The first epoch after `done` of `epochs`, counted from 1, throughout which the curve is 0; undefined if there is none. An epoch
 * in which it only comes to 0, or only leaves it, is not one.
 */
export function idleEpoch(knots: readonly Knot[], epochs: number, done = 0): number | undefined {
  // A stretch of 0 begins at a knot, or with the curve.
  const begun = [done, ...knots.map(({ epoch }) => Math.max(done, Math.ceil(epoch)))];
  const isIdle = (from: number) =>
    [from, from + 1].every((epoch) => interpolate(knots, epoch) === 0) &&
    knots.every(({ epoch, share }) => share === 0 || epoch < from || epoch > from + 1);
  const before = begun.find((from) => from < epochs && isIdle(from));
  return before === undefined ? undefined : before + 1;
}
