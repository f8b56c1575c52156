/**
 * What a page draws as lines, as data: one plot for each quantity, with every run in it.
 *
 * @module
 */
import type { EpochMetrics, StepMetrics } from "../../run/metrics.ts";
import { type Curve, downsample } from "./downsample.ts";
import { findStepsPerEpoch, type RunData } from "./run_data.ts";

/** Points of a curve, at most: more than a plot is wide. */
const MOST_POINTS = 1600;
/** Points of the curves of all runs in a plot, at most, as long as each has {@linkcode FEWEST_POINTS}. */
const MOST_TOGETHER = 3 * MOST_POINTS;
const FEWEST_POINTS = 200;

/** One curve. */
export interface PlotLine extends Curve {
  /** Index of its run on the page. */
  readonly run: number;
  /** Single steps behind means over epochs are drawn faintly. */
  readonly faint: boolean;
}

/** One quantity of all runs. */
export interface Plot {
  /** Its place in the page, and in the events of a dashboard. */
  readonly id: string;
  readonly title: string;
  /** What the title does not say. */
  readonly note?: string;
  /** What `x` is; plots of the same are zoomed together. */
  readonly axis: "epoch" | "radius";
  /** Percent are numbers in 0..100. */
  readonly unit: "percent" | "number";
  readonly lines: readonly PlotLine[];
  /** The table behind it: a row for each position, with every run's value in order. */
  readonly table: readonly {
    readonly at: string;
    readonly values: readonly (number | undefined)[];
  }[];
}

const TERMS: Readonly<Record<string, string>> = {
  ce: "Cross-entropy",
  bce: "Boosted cross-entropy",
  kl: "KL divergence, clean ‖ adversarial",
  memory: "Memory term",
};

/** A quantity that is logged. */
interface Quantity {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly unit?: "percent";
  readonly step?: (line: StepMetrics) => number | undefined;
  readonly epoch?: (line: EpochMetrics) => number | undefined;
}

/** The plots of what the runs logged, without those of which there is nothing. */
export function trainingPlots(runs: readonly RunData[]): Plot[] {
  return quantities(runs).map((quantity) => plotOf(quantity, runs))
    .filter(({ lines }) => lines.some(({ x }) => x.length > 0));
}

function quantities(runs: readonly RunData[]): Quantity[] {
  const names = new Set(
    runs.flatMap(({ steps, epochs }) =>
      [...steps.slice(-1), ...epochs].flatMap(({ terms }) => Object.keys(terms))
    ),
  );
  const terms = [...names].map((name): Quantity => ({
    id: `term-${name}`,
    title: TERMS[name] ?? name,
    note: "before its coefficient",
    step: ({ terms }) => terms[name],
    epoch: ({ terms }) => terms[name],
  }));
  const cycles = runs.some(({ steps }) =>
    steps.some(({ momentum }) => momentum !== steps[0]!.momentum)
  );
  return [
    {
      id: "clean",
      title: "Clean accuracy",
      note: selectedOn(runs),
      unit: "percent",
      epoch: ({ cleanAccuracy }) => percent(cleanAccuracy),
    },
    {
      id: "robust",
      title: "Accuracy under PGD-20",
      note: selectedOn(runs),
      unit: "percent",
      epoch: ({ robustAccuracy }) => percent(robustAccuracy),
    },
    { id: "loss", title: "Loss", step: ({ loss }) => loss, epoch: ({ loss }) => loss },
    ...terms,
    {
      id: "attack-before",
      title: "Training attack's loss at its start",
      note: "what the attack maximises, mean of every sixteenth step",
      epoch: ({ attack }) => attack?.sampled?.lossBefore ?? attack?.lossBefore,
    },
    {
      id: "attack-reached",
      title: "Training attack's loss at its end",
      note: "in the same steps",
      epoch: ({ attack }) => attack?.sampled?.lossAfter,
    },
    {
      id: "attack-after",
      title: "Training attack's loss before its last step",
      note: "runs of earlier programs, which did not measure its end",
      epoch: ({ attack }) => attack?.sampled ? undefined : attack?.lossAfter,
    },
    {
      id: "attack-accuracy",
      title: "Accuracy under the training attack",
      note: "training images, in training mode",
      unit: "percent",
      epoch: ({ attack }) => percent(attack?.accuracy),
    },
    { id: "lr", title: "Learning rate", step: ({ lr }) => lr },
    ...cycles ? [{ id: "momentum", title: "Momentum", step: momentumOf }] : [],
    {
      id: "speed",
      title: "Images per second",
      note: "while training",
      step: ({ imagesPerSecond }) => imagesPerSecond || undefined,
      epoch: ({ imagesPerSecond }) => imagesPerSecond,
    },
  ];
}

const momentumOf = ({ momentum }: StepMetrics) => momentum;
const percent = (share: number | undefined) => share === undefined ? undefined : 100 * share;

/** What the accuracies of epochs were measured on. */
function selectedOn(runs: readonly RunData[]): string {
  const parts = new Set(runs.map(({ record: { recipe: { select } } }) => select));
  const words = { val: "held-out training images", test: "test images", none: "" };
  const images = [...parts].map((part) => words[part]).filter(Boolean).join(" or ");
  const averaged = runs.some(({ record: { recipe: { select, optimiser } } }) =>
    select !== "none" && optimiser.average !== "none"
  );
  return averaged ? `${images}; of the average of the weights where a run keeps one` : images;
}

function plotOf({ id, title, note, unit, step, epoch }: Quantity, runs: readonly RunData[]): Plot {
  const together = Math.floor(MOST_TOGETHER / runs.length);
  const most = Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, together));
  const lines = runs.flatMap((run, index): PlotLine[] => {
    const means = epoch
      ? curveOf(run.epochs, (line) => step ? line.epoch - 0.5 : line.epoch, epoch)
      : undefined;
    const steps = findStepsPerEpoch(run);
    const single = step
      ? curveOf(run.steps, (line) => line.epoch - 1 + line.step / steps, step)
      : undefined;
    return [
      ...single ? [{ run: index, faint: means !== undefined, ...short(single, most) }] : [],
      ...means ? [{ run: index, faint: false, ...short(means, most) }] : [],
    ];
  });
  const values = runs.map((run): ReadonlyMap<number, number | undefined> =>
    epoch
      ? new Map(run.epochs.map((line) => [line.epoch, epoch(line)]))
      : new Map(run.steps.map((line) => [line.epoch, step?.(line)])) // an epoch's last step
  );
  const epochs = new Set(runs.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)));
  const table = [...epochs].sort((a, b) => a - b).map((epoch) => ({
    at: String(epoch),
    values: values.map((each) => finite(each.get(epoch))),
  }));
  return { id, title, ...note && { note }, axis: "epoch", unit: unit ?? "number", lines, table };
}

function finite(value: number | undefined): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** The curve of what `value` finds in `items`, without what is no number. */
function curveOf<T>(
  items: readonly T[],
  position: (item: T) => number,
  value: (item: T) => number | undefined,
): Curve {
  const x: number[] = [], y: number[] = [];
  for (const item of items) {
    const found = value(item);
    if (!Number.isFinite(found)) continue;
    x.push(position(item));
    y.push(found!);
  }
  return { x, y };
}

/** `curve` with fewer points and digits, as far as nobody can see it. */
function short(curve: Curve, most: number): Curve {
  const { x, y } = downsample(curve, most);
  return { x: x.map((value) => digits(value, 6)), y: y.map((value) => digits(value, 5)) };
}

/** `value` with so many digits: nobody can see more. */
export function digits(value: number, most: number): number {
  return Number(value.toPrecision(most));
}

/** Where a step stands on a page, and its value in every plot of {@linkcode trainingPlots} that has single steps. */
export function stepPoint(
  line: StepMetrics,
  stepsPerEpoch: number,
): { readonly x: number; readonly values: Readonly<Record<string, number>> } {
  const { epoch, step, loss, terms, lr, momentum, imagesPerSecond: speed } = line;
  const ofTerms = Object.entries(terms).map(([name, value]) => [`term-${name}`, value]);
  const all = { loss, ...Object.fromEntries(ofTerms), lr, momentum, speed };
  return { x: digits(epoch - 1 + step / stepsPerEpoch, 6), values: all };
}
