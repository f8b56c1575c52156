/**
 * How long a run will still take: its steps, and the selection and the commit after every epoch.
 *
 * Work is counted in passes of an image through the network, forwards or back to the images or the weights, which all
 * take about as long. What a pass takes is measured in the last steps; what an epoch's end takes is measured too once one
 * was there.
 *
 * @module
 */
import type { EvaluationName } from "../../evaluate/evaluate.ts";
import { passesOf } from "../../method/method.ts";
import { methodOf } from "../../method/methods.ts";
import { perturbsWeights } from "../../optimise/weight_perturbation.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { RunLength, StepMetrics } from "../../run/metrics.ts";
import { attackStepsIn } from "../../train/inner_attack.ts";

/** Steps that the speed is measured in: a machine's changes, and the first ones are slow. */
const RECENT = 50;
/** Passes of an image in an evaluation: forwards, and forwards and back in each of PGD's steps. */
const CLEAN = 1, PGD20 = 2 * 20 + 1;

/** Watches a run's steps and evaluations on a clock that tells seconds. */
export class TimeLeft {
  readonly #now: () => number;
  #recipe: Recipe | undefined;
  /** Seconds and passes of each of the last steps. */
  readonly #recent: { readonly seconds: number; readonly passes: number }[] = [];
  /** When the last step or epoch ended; unknown before the first. */
  #since: number | undefined;
  /** What the last epoch's end took. */
  #endSeconds: number | undefined;
  /** Seconds left after the last step, and what of them the end of its epoch will take. */
  #left = 0;
  #expected = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A run of `recipe` begins, or continues. */
  begin(recipe: Recipe): void {
    this.#recipe = recipe;
  }

  /** After a step: the seconds left. */
  step({ epoch, step, imagesPerSecond }: StepMetrics, length: RunLength): number {
    const recipe = this.#recipe!, now = this.#now(), { epochs, stepsPerEpoch } = length;
    // Before the first step much else may happen, such as the compilation of kernels.
    const seconds = this.#since === undefined
      ? recipe.batchSize / imagesPerSecond
      : now - this.#since;
    this.#since = now;
    this.#recent.push({ seconds, passes: stepPasses(recipe, epoch) });
    if (this.#recent.length > RECENT) this.#recent.shift();
    const sum = (of: "seconds" | "passes") => this.#recent.reduce((all, one) => all + one[of], 0);
    const pace = sum("seconds") / sum("passes");
    let passes = (stepsPerEpoch - step) * stepPasses(recipe, epoch);
    for (let later = epoch + 1; later <= epochs; later++) {
      passes += stepsPerEpoch * stepPasses(recipe, later);
    }
    this.#expected = this.#endSeconds ?? pace * (CLEAN + PGD20) * length.selectionImages;
    this.#left = pace * passes + (epochs - epoch + 1) * this.#expected;
    return this.#left;
  }

  /** While the checkpoint's selection has evaluated `done` of `n` images: the seconds left, if any step was seen. */
  evaluation(name: EvaluationName, done: number, n: number): number | undefined {
    if (this.#since === undefined) return undefined;
    const passed = this.#now() - this.#since;
    const share = (name === "clean" ? CLEAN * done : CLEAN * n + PGD20 * done) /
      ((CLEAN + PGD20) * n);
    // The first passes say little about all of them.
    const whole = share < 0.1 ? Math.max(this.#expected, passed) : passed / share;
    return this.#left - this.#expected + Math.max(0, whole - passed);
  }

  /** After an epoch, with everything that follows its last step. */
  epoch(): void {
    const now = this.#now();
    if (this.#since !== undefined) this.#endSeconds = now - this.#since;
    this.#since = now;
  }
}

/** Passes of a step in `epoch`, for each batch that it has of one size. */
function stepPasses(recipe: Recipe, epoch: number): number {
  const { variant, memory, batchSize, optimiser } = recipe, method = methodOf(variant);
  // What stands for the memory of a method with a prior is there from the first epoch.
  const first = method.attack?.prior ? 0 : memory?.age ?? 0;
  const inTraining = passesOf(method, (pass) => pass !== "mem" || epoch > first);
  const times = perturbsWeights(optimiser, epoch) ? 2 : 1;
  return batchSize * (2 * (attackStepsIn(recipe, epoch) ?? 0) + 3 * times * inTraining.length);
}
