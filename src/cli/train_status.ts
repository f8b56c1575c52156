/**
 * What a person sees while a run is made.
 *
 * @module
 */
import type { Demand } from "../backend/backend.ts";
import { Interrupted } from "../errors.ts";
import { wholeMebibytes } from "../format/mebibytes.ts";
import type { Recipe, RecipeInput } from "../recipe/recipe.ts";
import { collapseWarning, unwatchedNote } from "../report/training_text.ts";
import { formatDuration, formatLoss, formatPercent } from "../report/words.ts";
import type { EpochMetrics, StepMetrics } from "../run/metrics.ts";
import { continueRun, startRun } from "../train/start.ts";
import type {
  ContinueOptions,
  RunObserver,
  RunStart,
  StartOptions,
} from "../train/start_options.ts";
import { alsoOn, openDashboard } from "./shell/dashboard_flag.ts";
import { commandLine } from "./shell/program_name.ts";
import { StatusLine } from "./shell/terminal.ts";
import { shownOn } from "./shell/tuning_flag.ts";
import { TimeLeft } from "./shell/time_left.ts";

/** Where else it is shown. */
interface Shown {
  /** Port of a dashboard; there is none unless given. */
  readonly dashboard?: number | undefined;
  /**
   * What is typed behind the program's name to go on with it; absent where it is a part of something larger, which says
   * itself what continues it and what comes next.
   */
  readonly again?: readonly string[];
}

/** {@linkcode startRun}, watched. */
export function startShown(
  recipe: RecipeInput,
  directory: string,
  options: Omit<StartOptions, "observer"> & Shown,
): Promise<void> {
  return shown(
    directory,
    { ...options, there: false },
    (observer) => startRun(recipe, directory, { ...options, observer }),
  );
}

/** {@linkcode continueRun}, watched. */
export function continueShown(
  directory: string,
  options: Omit<ContinueOptions, "observer"> & Shown,
): Promise<void> {
  return shown(
    directory,
    { ...options, there: true, moved: options.given?.dataDir },
    (observer) => continueRun(directory, { ...options, observer }),
  );
}

/**
 * Calls `run` with who shows it.
 *
 * @param there whether the run has its folder already
 * @param moved where its data are, if its recipe does not say so
 */
export async function shown(
  directory: string,
  { dashboard: port, again, there, moved }: Shown & {
    readonly there: boolean;
    readonly moved?: string | undefined;
  },
  run: (observer: RunObserver) => Promise<void>,
): Promise<void> {
  const status = new StatusLine(), told = observeRun(status);
  const watching: RunObserver = {
    ...told,
    onStart(start) {
      there = true;
      told.onStart?.(start);
    },
  };
  await using dashboard = port === undefined ? undefined : await openDashboard(port);
  try {
    await run(dashboard ? alsoOn(dashboard, watching) : watching);
  } catch (error) {
    if (!again || !there || !(error instanceof Interrupted)) throw error;
    throw new Interrupted(`${error.message}\nContinue with: ${commandLine(...again)}`);
  } finally {
    status.clear();
  }
  if (!again) return;
  const place = moved === undefined ? [] : ["--data-dir", moved];
  status.print(`Done. Evaluate it with: ${commandLine("eval", directory, ...place)}`);
}

/** Seconds of a run that nobody wants to wait for on a CPU. */
const LONG = 24 * 3600;

/**
 * Shows on `status` how far a run is.
 *
 * @param whose what its lines begin with
 */
export function observeRun(status: StatusLine, whose = ""): RunObserver {
  const time = new TimeLeft(() => status.now());
  let recipe: Recipe, smaller = "", onCpu = false, collapsed = false;
  return {
    ...shownOn(status),
    onStart({ directory, continued, backend, demand, ...start }) {
      ({ recipe } = start);
      const { select } = recipe;
      smaller = firstLook(recipe);
      onCpu = backend.name === "wasm";
      time.begin(recipe);
      status.print(
        `${whose}${continued ? "Continuing" : "Training"} ${recipe.variant} on ${recipe.data}${
          describeAuxiliary(recipe)
        }, ` +
          `${recipe.model} of width ${recipe.width}` +
          `${recipe.attack?.precision === "f16" ? ", attacked in float16" : ""}, ` +
          `${describeDevice(backend, demand)}, in ${directory}`,
      );
      if (!continued && recipe.attack === undefined && select !== "none") {
        status.print(
          `note: --select ${select} takes the best epoch under PGD-20, which without an attack in training is one that has ` +
            "learnt little: --select none takes the last.",
        );
      }
      const unwatched = continued ? undefined : unwatchedNote(recipe);
      if (unwatched) status.print(unwatched);
      status.update(`${whose}the first step, of ${recipe.batchSize} images`);
    },
    onHelper(start) {
      const observer = observeRun(status, "helper: ");
      observer.onStart!(start);
      return observer;
    },
    onDamage({ image, fault }) {
      status.print(`warning: image ${image} goes without memory in this epoch: ${fault}`);
    },
    onStep(metrics: StepMetrics, length) {
      const { epochs, stepsPerEpoch } = length;
      const position =
        `${whose}epoch ${metrics.epoch}/${epochs} step ${metrics.step}/${stepsPerEpoch}`;
      const rate = `${metrics.imagesPerSecond.toFixed(1)} images/s`;
      const seconds = time.step(metrics, length), remaining = `${formatDuration(seconds)} left`;
      if (onCpu && seconds > LONG) {
        status.print(
          `note: on this CPU the run takes about ${
            formatDuration(seconds)
          }: it is made for a GPU. A first look here is ${smaller}, in a run of its own.`,
        );
      }
      onCpu = false; // said once
      status.update(
        `${position}  ${describeTerms(metrics)}  ${rate}  ${remaining}`,
        `${position}  loss ${formatLoss(metrics.loss)}  ${rate}  ${remaining}`,
        `${position}  ${rate}  ${remaining}`,
        `${position}  ${remaining}`,
        remaining,
      );
    },
    onEvaluation(name, done, n) {
      const seconds = time.evaluation(name, done, n);
      const remaining = seconds === undefined ? [] : [`${formatDuration(seconds)} left`];
      const shown = (...parts: string[]) => [...parts, ...remaining].join("  ");
      const position = `${recipe.select}: ${name}, ${done} of ${n} images`;
      status.update(shown(position), shown(name), ...remaining);
    },
    onEpoch(metrics: EpochMetrics, { epochs }) {
      time.epoch();
      const { cleanAccuracy, robustAccuracy } = metrics, { select, earlyStop } = recipe;
      const { average, swaStart = 1 } = recipe.optimiser;
      const averaged = average === "none" || metrics.epoch < swaStart ? "" : " (averaged weights)";
      const accuracies = cleanAccuracy === undefined || robustAccuracy === undefined
        ? ""
        : `  ${select}${averaged}: clean ${formatPercent(cleanAccuracy)}  PGD-20 ${
          formatPercent(robustAccuracy)
        }`;
      status.print(
        `${whose}epoch ${metrics.epoch}/${epochs}  ${describeTerms(metrics)}${accuracies}  ` +
          `${describeAttack(metrics)}${describeSpeed(metrics)}${formatDuration(metrics.seconds)}`,
      );
      if (metrics.ended) {
        status.print(
          `Ended after epoch ${metrics.epoch} of ${epochs}: accuracy under PGD-20 on the held-out images was no better ` +
            `in the last ${earlyStop === 1 ? "epoch" : `${earlyStop} epochs`} (--early-stop).`,
        );
      }
      // Once for epochs that follow each other.
      if (metrics.overfitting && !collapsed) {
        status.print(collapseWarning(recipe, metrics.epoch));
      }
      collapsed = metrics.overfitting !== undefined;
    },
  };
}

/** What makes a run of `recipe` one of an hour or so; given weights have the width that they have. */
function firstLook({ from, optimiser: { awpWarmup = 0 } }: Recipe): string {
  const epochs = Math.max(4, awpWarmup + 1);
  return `${from === undefined ? "--width 16 " : ""}--limit-train 4096 --epochs ${epochs}`;
}

/** What the attack maximises, where it started and where it ended, in the steps that measure both. */
function describeAttack({ attack }: EpochMetrics): string {
  const sampled = attack?.sampled;
  if (sampled === undefined) return "";
  return `attack ${formatLoss(sampled.lossBefore)} to ${formatLoss(sampled.lossAfter)}  `;
}

function describeSpeed({ imagesPerSecond }: EpochMetrics): string {
  return imagesPerSecond === undefined ? "" : `${imagesPerSecond.toFixed(1)} images/s  `;
}

/** The device in a few words. */
function describeDevice({ name, adapter, threads }: RunStart["backend"], demand?: Demand): string {
  const crew = name === "wasm" ? `, ${threads} ${threads === 1 ? "thread" : "threads"}` : "";
  const memory = demand ? `, ${wholeMebibytes(demand.bytes)} MiB of its memory` : "";
  return `${name} (${adapter}${crew}${memory})`;
}

function describeTerms({ loss, terms }: StepMetrics | EpochMetrics): string {
  const parts = Object.entries(terms).map(([name, value]) => `${name} ${formatLoss(value)}`);
  return `loss ${formatLoss(loss)} (${parts.join(", ")})`;
}

/** What is mixed into the batches of a run. */
function describeAuxiliary({ auxData, auxFraction }: Recipe): string {
  if (auxData === undefined) return "";
  return ` with ${auxData}, ${Math.round(100 * auxFraction!)} % of each batch`;
}
