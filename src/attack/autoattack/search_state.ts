/**
 * What a search has to remember from one question to the next. Begun again with it, on the same example, the search
 * asks the same question and all those that follow: so one that was stopped goes on where it stood, to the same end.
 *
 * @module
 */
import type { Outcome, Search } from "./search.ts";

/** Numbers and arrays that a run changes between its questions, and never while it waits for an answer. */
export type RunState = {
  /** The image to look at, if it is kept. */
  point?: Float32Array;
  /** The image that was looked at before. */
  previous?: Float32Array;
  /** The best image so far. */
  best?: Float32Array | undefined;
  [name: string]: number | Float32Array | Float64Array | undefined;
};

/** Where the search on one image stands, whenever it asks; changed in place. */
export interface SearchState {
  /** Questions that were answered. */
  asked: number;
  /** Runs, one for each restart and target, that have ended and found nothing. */
  run: number;
  /** Where the run after them stands; absent before its first question. */
  at?: RunState;
}

/** One of the runs that a search is made of. */
export interface Run<S extends RunState> {
  /** Where it begins. */
  begin(): S;
  /** Goes on from `at`, which it changes in place. */
  search(at: S): Search<Outcome>;
}

/** The state of a search that has asked nothing. */
export function unbegun(): SearchState {
  return { asked: 0, run: 0 };
}

/** The images that a run remembers. */
export function imagesOf({ at = {} }: SearchState): Float32Array[] {
  return [at.point, at.previous, at.best].filter((image) => image !== undefined);
}

/** The first adversarial image that one of `runs` finds, tried in their order from where `state` stands. */
export function* firstFound<S extends RunState>(
  runs: readonly Run<S>[],
  state: SearchState,
): Search<Outcome> {
  for (; state.run < runs.length; state.run++) {
    const run = runs[state.run]!;
    const at = (state.at ?? run.begin()) as S;
    state.at = at;
    const found = yield* run.search(at);
    if (found !== undefined) return found;
    delete state.at;
  }
  return undefined;
}
