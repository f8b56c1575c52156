/**
 * The same images dealt with in several ways, in turns on one device: what slows the machine for a while slows all of them.
 *
 * @module
 */
import { type Spread, spreadOf } from "./statistics.ts";

/** One of the ways. */
export interface Side {
  /** For the progress. */
  readonly name: string;
  /** How often an image passes the network, forwards or back. */
  readonly passes: number;
  /** Does it once, and returns the seconds that count. */
  run(): Promise<number>;
}

/** What one of the ways costs. */
export interface Cost {
  /** How often an image passes the network, forwards or back. */
  readonly passes: number;
  readonly seconds: Spread;
  readonly imagesPerSecond: Spread;
  /** How many times as fast it is as the first, turn by turn. */
  readonly ratio: Spread;
  /** What that would be if all passes took as long and nothing else took any time. */
  readonly expectedRatio: number;
}

/**
 * Times `sides` on `batchSize` images each, in `pairs` turns: each follows one of its own that does not count, as in a run.
 *
 * @returns what each of them costs, in their order
 */
export async function compareInTurns(
  sides: readonly Side[],
  batchSize: number,
  pairs: number,
  progress: (what: string) => void,
): Promise<Cost[]> {
  const seconds = sides.map((): number[] => []);
  for (const { name, run } of sides) { // compiles, and takes what memory it needs
    progress(`${name}: the first time`);
    await run();
  }
  for (let pair = 1; pair <= pairs; pair++) {
    for (const [i, { name, run }] of sides.entries()) {
      progress(`turn ${pair} of ${pairs}: ${name}`);
      await run();
      seconds[i]!.push(await run());
    }
  }
  return sides.map(({ passes }, i) => ({
    passes,
    seconds: spreadOf(seconds[i]!),
    imagesPerSecond: spreadOf(seconds[i]!.map((each) => batchSize / each)),
    ratio: spreadOf(seconds[i]!.map((each, pair) => seconds[0]![pair]! / each)),
    expectedRatio: sides[0]!.passes / passes,
  }));
}
