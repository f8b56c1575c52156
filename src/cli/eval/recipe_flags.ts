/**
 * The recipe's flags that an evaluation takes: a run has all of them, a file of weights none.
 *
 * @module
 */
import { RECIPE_FLAGS } from "../../recipe/fields.ts";
import { type Flag, ofRun, withDefault } from "../../recipe/flag.ts";

/** `flag`, by which an evaluation may differ from its run. */
const ofEither = <F extends Flag>(flag: F): F =>
  withDefault(flag, (own) => `the run's own, of a file ${own}`);
/** `flag` that a file alone may be given. */
const ofFile = <F extends Flag>(flag: F): F =>
  withDefault(flag, (own) => `${own}, fixed for a run`);

const all = RECIPE_FLAGS;

/** By the names of their fields. */
export const EVALUATED_FLAGS = {
  attackEps: ofEither(all.attackEps),
  attackNorm: ofFile(all.attackNorm),
  data: ofFile(all.data),
  dataDir: ofEither(all.dataDir),
  imageSize: ofFile(all.imageSize),
  testFraction: ofFile(all.testFraction),
  testSeed: ofFile(all.testSeed),
  activation: {
    ...all.activation,
    help:
      "nonlinearity of a file's network, where the file does not say; default relu, fixed for a run",
  },
  batchSize: ofEither(all.batchSize),
  seed: ofEither(all.seed),
  backend: ofEither(all.backend),
  workers: ofEither(all.workers),
  deterministic: ofRun(all.deterministic),
} as const;
