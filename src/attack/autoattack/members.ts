/**
 * AutoAttack's members and versions (Croce & Hein 2020, arXiv 2003.01690), with the published parameters.
 *
 * @module
 */
import { Purpose, Stream } from "../../random/stream.ts";
import { apgd } from "./apgd.ts";
import type { AutoAttackMember } from "./versions.ts";
import {
  crossEntropyLoss,
  dlrLoss,
  type ExampleLoss,
  targetDifference,
  targetedDlrLoss,
} from "./example_losses.ts";
import { fab } from "./fab.ts";
import { startAlong } from "./geometry.ts";
import type { ExampleAttack } from "./lanes.ts";
import type { PgdOptions } from "../options.ts";
import { type Example, firstFound, likeliestOthers, type Outcome, type Search } from "./search.ts";
import { square } from "./square.ts";

/** Where and how the members of a version attack. */
export interface MemberOptions extends Pick<PgdOptions, "norm" | "epsilon"> {
  readonly seed: number;
  /** Runs of each untargeted APGD and FAB. */
  readonly restarts: number;
  /** Gradients averaged at every point of APGD. */
  readonly gradientSamples: number;
}

const ITERATIONS = 100;
const TARGETS = 9;
const QUERIES = 5000;
/** FAB asks once in an iteration that stays within the class, and twice in one that leaves it. */
const FAB_QUERIES = 1.5 * ITERATIONS;
/** FAB's restarts begin at this share of ε. */
const FAB_START = 0.5;
/** Sets the draws of a member's targets apart: restarts are fewer. */
const RESTARTS = 256;

/** The attack `member`; every draw is keyed by (seed, member, image, restart and target, query). */
export function createMember(member: AutoAttackMember, options: MemberOptions): ExampleAttack {
  switch (member) {
    case "apgd-ce":
      return createApgd(crossEntropyLoss, 0, options);
    case "apgd-dlr":
      return createApgd(dlrLoss, 1, options);
    case "apgd-t":
      return {
        loss: targetedDlrLoss,
        queries: TARGETS * ITERATIONS * options.gradientSamples,
        search: (example) => targetedApgd(example, options),
      };
    case "fab":
    case "fab-t":
      return {
        loss: targetDifference,
        queries: TARGETS * FAB_QUERIES * (member === "fab" ? options.restarts : 1),
        search: (example) => firstFound(fabRuns(example, member === "fab-t", options)),
      };
    case "square":
      return {
        queries: QUERIES,
        search: (example) => square(example, squareOptions(example, options)),
      };
  }
}

function createApgd(loss: ExampleLoss, number: number, options: MemberOptions): ExampleAttack {
  const runs = function* (example: Example) {
    for (let restart = 0; restart < options.restarts; restart++) {
      yield apgd(example, apgdStart(example, options, number, restart), {
        ...options,
        iterations: ITERATIONS,
      });
    }
  };
  const queries = options.restarts * ITERATIONS * options.gradientSamples;
  return { loss, queries, search: (example) => firstFound(runs(example)) };
}

function targetedApgd(example: Example, options: MemberOptions): Search<Outcome> {
  const runs = function* () {
    for (const [rank, target] of likeliestOthers(example, TARGETS).entries()) {
      const start = apgdStart(example, options, 2, rank * RESTARTS);
      yield apgd(example, start, { ...options, iterations: ITERATIONS, target });
    }
  };
  return firstFound(runs());
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

function* fabRuns(
  example: Example,
  targeted: boolean,
  { norm, epsilon, seed, restarts }: MemberOptions,
): Generator<Search<Outcome>> {
  const classes = likeliestOthers(example, example.logits.length);
  const groups = targeted ? classes.slice(0, TARGETS).map((target) => [target]) : [classes];
  for (const [rank, targets] of groups.entries()) {
    for (let restart = 0; restart < (targeted ? 1 : restarts); restart++) {
      const stream = new Stream(seed, Purpose.fabStart, 0, example.id, rank * RESTARTS + restart);
      const start = restart === 0 ? example.x : startAlong(
        norm,
        example.x,
        direction(stream, norm, example.x.length),
        FAB_START * epsilon,
      );
      yield withinBall(example, start, { norm, iterations: ITERATIONS, targets, within: epsilon });
    }
  }
}

function* withinBall(...[example, start, options]: Parameters<typeof fab>): Search<Outcome> {
  const nearest = yield* fab(example, start, options);
  return nearest && nearest.distance <= options.within ? nearest.point : undefined;
}

function direction(stream: Stream, norm: PgdOptions["norm"], length: number): Float32Array {
  const draw = norm === "linf" ? () => 2 * stream.uniform() - 1 : () => stream.normal();
  return Float32Array.from({ length }, draw);
}

function squareOptions({ id }: Example, { norm, epsilon, seed }: MemberOptions) {
  const draws = (query: number) => {
    const stream = new Stream(seed, Purpose.square, 0, id, query);
    return {
      sign: () => stream.integer(2) === 0 ? -1 : 1,
      integer: (n: number) => stream.integer(n),
    };
  };
  return { norm, epsilon, queries: QUERIES, draws };
}
