/**
 * What a run says of itself, in words that the terminal and the page share.
 *
 * @module
 */
import type { Recipe } from "../recipe/recipe.ts";
import type { EpochMetrics } from "../run/metrics.ts";
import { COLLAPSE } from "../run/overfitting.ts";

/** What makes an epoch look like catastrophic overfitting, a clause behind its colon. */
const COLLAPSED =
  `accuracy under PGD-20 has fallen by more than ${
    100 * COLLAPSE
  } points since the epoch before, ` +
  "or to less than half of the best epoch's, while accuracy under the training attack has risen";

/** Iterations of a training attack, at most, that are known to be learnt instead of robustness. */
const FEW_STEPS = 2;

/** The warning of the epoch in which a run of `recipe` begins to look like catastrophic overfitting. */
export function collapseWarning({ attack }: Recipe, epoch: number): string {
  const fromMemory = attack?.start === "memory";
  return `warning: epoch ${epoch} looks like catastrophic overfitting: ${COLLAPSED}; ` +
    `try a new run with more --attack-steps${fromMemory ? ", " : " or "}a shorter --attack-step${
      fromMemory ? " or a --memory-reset of fewer epochs" : ""
    }: ` +
    "--resume keeps what they are.";
}

/** Which of a run's `epochs` look like catastrophic overfitting, a sentence without its full stop; undefined if none does. */
export function collapsedEpochs(epochs: readonly EpochMetrics[]): string | undefined {
  const all = epochs.filter(({ overfitting }) => overfitting).map(({ epoch }) => epoch);
  const [first] = all;
  if (first === undefined) return undefined;
  return all.length === 1
    ? `epoch ${first} looks like catastrophic overfitting: ${COLLAPSED}`
    : `${all.length} epochs look like catastrophic overfitting, the first of them epoch ${first}: in each, ${COLLAPSED}`;
}

/**
 * That nothing watches a run of `recipe` for catastrophic overfitting, a sentence; undefined where something does, or where its
 * attack gives little reason to.
 */
export function unwatchedNote({ attack, select }: Recipe): string | undefined {
  if (attack === undefined || select !== "none") return undefined;
  const { start, steps } = attack;
  if (start !== "memory" && steps > FEW_STEPS) return undefined;
  const prone = start === "memory"
    ? "an attack that starts from the memory"
    : `an attack of ${steps === 1 ? "one step" : "two steps"}`;
  return `note: --select none measures no robustness while it trains, so nothing warns of catastrophic overfitting, to which ${prone} is prone: ` +
    "--select val watches for it after each epoch.";
}
