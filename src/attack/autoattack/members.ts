/**
 * AutoAttack's members and versions (Croce & Hein 2020, arXiv 2003.01690), with the published parameters.
 *
 * @module
 */
import { Purpose, Stream } from "../../random/stream.ts";
import { apgd, type ApgdState, beginApgd } from "./apgd.ts";
import type { AutoAttackMember, Effort } from "./versions.ts";
import {
  crossEntropyLoss,
  dlrLoss,
  type ExampleLoss,
  targetDifference,
  targetedDlrLoss,
} from "./example_losses.ts";
import { beginFab, fab, type FabState } from "./fab.ts";
import { startAlong } from "./geometry.ts";
import type { ExampleAttack } from "./lanes.ts";
import type { PgdOptions } from "../options.ts";
import { type Example, likeliestOthers, type Outcome, type Search } from "./search.ts";
import { firstFound, type Run } from "./search_state.ts";
import { beginSquare, square, type SquareState } from "./square.ts";

/** Where and how the members of a version attack. */
export interface MemberOptions extends Pick<PgdOptions, "norm" | "epsilon">, Effort {
  readonly seed: number;
  /** Gradients averaged at every point of APGD. */
  readonly gradientSamples: number;
}

/** FAB asks once in an iteration that stays within the class, and twice in one that leaves it, as nearly all do. */
const FAB_QUERIES = 2;
/** FAB's restarts begin at this share of ε. */
const FAB_START = 0.5;

/** The attack `member`; every draw is keyed by (seed, member, image, restart and target, query). */
export function createMember(member: AutoAttackMember, options: MemberOptions): ExampleAttack {
  const { epsilon, iterations, queries, restarts, targets, gradientSamples } = options;
  switch (member) {
    case "apgd-ce":
      return createApgd(crossEntropyLoss, 0, options);
    case "apgd-dlr":
      return createApgd(dlrLoss, 1, options);
    case "apgd-t":
      return {
        loss: targetedDlrLoss,
        queries: targets * restarts * iterations * gradientSamples,
        reach: epsilon,
        search: (example, state) => firstFound(targetedApgdRuns(example, options), state),
      };
    case "fab":
    case "fab-t":
      return {
        loss: targetDifference,
        queries: targets * FAB_QUERIES * iterations * restarts,
        reach: Infinity,
        search: (example, state) =>
          firstFound(fabRuns(example, member === "fab-t", options), state),
      };
    case "square":
      return {
        queries,
        reach: epsilon,
        search: (example, state) => firstFound([squareRun(example, options)], state),
      };
  }
}

function createApgd(loss: ExampleLoss, number: number, options: MemberOptions): ExampleAttack {
  const { epsilon, iterations, restarts, gradientSamples } = options;
  return {
    loss,
    queries: restarts * iterations * gradientSamples,
    reach: epsilon,
    search: (example, state) => {
      const runs = Array.from(
        { length: restarts },
        (_, restart) => apgdRun(example, number, restart, options),
      );
      return firstFound(runs, state);
    },
  };
}

function targetedApgdRuns(example: Example, options: MemberOptions): Run<ApgdState>[] {
  return likeliestOthers(example, options.targets).flatMap((target, rank) =>
    Array.from(
      { length: options.restarts },
      (_, restart) => apgdRun(example, 2, runNumber(rank, restart), options, target),
    )
  );
}

/** Sets the draws of every target's every restart apart: there are at most 256 classes. */
function runNumber(rank: number, restart: number): number {
  return restart >> 8 << 16 | rank << 8 | restart & 0xff;
}

function apgdRun(
  example: Example,
  number: number,
  run: number,
  options: MemberOptions,
  target?: number,
): Run<ApgdState> {
  const aimed = { ...options, ...target !== undefined && { target } };
  return {
    begin: () => beginApgd(apgdStart(example, options, number, run), aimed),
    search: (at) => apgd(example, aimed, at),
  };
}

/** `x + ε·u/max|u|` with `u` uniform in [−1,1] (L∞), `x + ε·u/‖u‖` with `u` normal (L2), clipped to [0,1]. */
function apgdStart(
  { id, x }: Example,
  { norm, epsilon, seed }: MemberOptions,
  number: number,
  run: number,
): Float32Array {
  const stream = new Stream(seed, Purpose.apgdStart, number, id, run);
  return startAlong(norm, x, direction(stream, norm, x.length), epsilon);
}

function fabRuns(
  example: Example,
  targeted: boolean,
  { norm, epsilon, seed, iterations, restarts, targets: most }: MemberOptions,
): Run<FabState>[] {
  const { id, x } = example;
  const classes = likeliestOthers(example, example.logits.length);
  const groups = targeted ? classes.slice(0, most).map((target) => [target]) : [classes];
  const start = (rank: number, restart: number) => {
    if (restart === 0) return x;
    const stream = new Stream(seed, Purpose.fabStart, 0, id, runNumber(rank, restart));
    return startAlong(norm, x, direction(stream, norm, x.length), FAB_START * epsilon);
  };
  return groups.flatMap((targets, rank) =>
    Array.from({ length: restarts }, (_, restart) => ({
      begin: () => beginFab(start(rank, restart)),
      search: (at) => withinBall(example, { norm, iterations, targets, within: epsilon }, at),
    }))
  );
}

function* withinBall(...[example, options, at]: Parameters<typeof fab>): Search<Outcome> {
  const nearest = yield* fab(example, options, at);
  return nearest && nearest.distance <= options.within ? nearest.point : undefined;
}

function direction(stream: Stream, norm: PgdOptions["norm"], length: number): Float32Array {
  const draw = norm === "linf" ? () => 2 * stream.uniform() - 1 : () => stream.normal();
  return Float32Array.from({ length }, draw);
}

function squareRun(
  example: Example,
  { norm, epsilon, seed, queries }: MemberOptions,
): Run<SquareState> {
  const draws = (query: number) => {
    const stream = new Stream(seed, Purpose.square, 0, example.id, query);
    return {
      sign: () => stream.integer(2) === 0 ? -1 : 1,
      integer: (n: number) => stream.integer(n),
    };
  };
  const options = { norm, epsilon, queries, draws };
  return {
    begin: () => beginSquare(example, options),
    search: (at) => square(example, options, at),
  };
}
