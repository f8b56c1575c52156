/**
 * What TensorBoard shows of a run: event files in its `tensorboard/`, one for each sitting. A sitting's file says from
 * which step on it takes the place of those before it.
 *
 * @module
 */
import { join } from "@std/path";
import { contactSheet } from "../../data/contact_sheet.ts";
import { type ImageShape, valuesPerImage } from "../../data/dataset.ts";
import { ioError } from "../../disk/failure.ts";
import { createDirectory, listFolder, writeAll } from "../../disk/files.ts";
import { tfRecord } from "../../format/tfrecord.ts";
import type { Message } from "../../format/protobuf.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import type { EpochMetrics, Metrics, StepMetrics } from "../metrics.ts";
import { beginning, ending } from "./hyper_parameters.ts";
import {
  histogram,
  image,
  scalar,
  startEvent,
  summaryEvent,
  type Value,
  versionEvent,
} from "./messages.ts";

/** Its folder in a run's folder. */
export const EVENT_FOLDER = "tensorboard";
const FILE = /^events\.out\.tfevents\.(\d{10,})\.memloss$/;
/** Images of each kind that are shown after an epoch, at most. */
const SHOWN = 8;

/** Images of a step, N of each kind with values in [0,1], NHWC. */
export interface StepImages {
  readonly shape: ImageShape;
  readonly clean: Float32Array;
  /** Absent where nothing is attacked. */
  readonly adversarial?: Float32Array | undefined;
  /** Those that had a memory example, under its own crop; absent where there is none. */
  readonly memory?: Float32Array | undefined;
}

/** What a sitting's events are about. */
export interface EventSettings {
  /** The run's folder. */
  readonly directory: string;
  readonly recipe: Recipe;
  readonly stepsPerEpoch: number;
}

/** The event file of a sitting, which is made with its first event. */
export class EventLog {
  readonly #settings: EventSettings;
  /** The line of the step that the run stands at, if that is within an epoch. */
  readonly #last: StepMetrics | undefined;
  /** Steps that were finished before, over all epochs. */
  readonly #finished: number;
  #open: { readonly path: string; readonly file: Deno.FsFile } | undefined;

  /**
   * @param at where the run stands before the sitting
   * @param last the line of the last step before it
   */
  constructor(
    settings: EventSettings,
    at: { readonly epoch: number; readonly step: number; readonly complete: boolean },
    last: StepMetrics | undefined,
  ) {
    const { stepsPerEpoch } = settings;
    this.#settings = settings;
    this.#last = at.complete || last?.epoch !== at.epoch ? undefined : last;
    this.#finished = at.complete
      ? at.epoch * stepsPerEpoch
      : (at.epoch - 1) * stepsPerEpoch + at.step;
  }

  /**
   * Adds what `metrics` say. Steps are counted over all epochs; an epoch stands at its last step.
   *
   * @throws {RunError} if the disk fails
   */
  async append(metrics: Metrics): Promise<void> {
    if (metrics.kind === "damage") return;
    await this.#write(this.#eventOf(metrics));
    const { epochs } = this.#settings.recipe;
    if (metrics.kind === "epoch" && (metrics.epoch === epochs || metrics.ended)) {
      await this.#write(summaryEvent(0, ending()));
    }
  }

  /**
   * Adds pictures of the first of `images` at the end of `epoch`.
   *
   * @throws {RunError} if the disk fails
   */
  async illustrate(epoch: number, { shape, ...kinds }: StepImages): Promise<void> {
    const values = Object.entries(kinds).flatMap(([name, images]) =>
      images === undefined || images.length === 0 ? [] : [pictureOf(name, images, shape)]
    );
    await this.#write(summaryEvent(epoch * this.#settings.stepsPerEpoch, values));
  }

  /** Closes the file, if there is one. */
  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
  }

  #eventOf(metrics: StepMetrics | EpochMetrics): Message {
    const { stepsPerEpoch } = this.#settings, { kind, epoch, loss, terms } = metrics;
    const scalars = Object.entries({ loss, ...terms, ...ratesOf(metrics) })
      .flatMap(([name, value]) => value === undefined ? [] : [scalar(`${kind}/${name}`, value)]);
    if (metrics.kind === "step") {
      return summaryEvent((epoch - 1) * stepsPerEpoch + metrics.step, scalars);
    }
    const { weights } = metrics;
    return summaryEvent(epoch * stepsPerEpoch, [
      ...scalars,
      ...weights ? [histogram(`weights/${weights.term}`, weights.mean, weights.counts)] : [],
    ]);
  }

  async #write(event: Message): Promise<void> {
    const { path, file } = this.#open ??= await this.#begin();
    await write(file, path, [event]);
  }

  /** Makes the file, and says in it what it takes the place of. */
  async #begin(): Promise<{ path: string; file: Deno.FsFile }> {
    const { directory, recipe } = this.#settings;
    const folder = join(directory, EVENT_FOLDER);
    await createDirectory(folder);
    // TensorBoard reads the files in the order of their names.
    const before = (await listFolder(folder)).map(({ name }) => Number(FILE.exec(name)?.[1] ?? 0));
    const time = Math.max(Math.floor(Date.now() / 1000), 1 + Math.max(0, ...before));
    const path = join(folder, `events.out.tfevents.${String(time).padStart(10, "0")}.memloss`);
    const results = [
      "epoch/loss",
      ...recipe.select === "none" ? [] : ["epoch/clean_accuracy", "epoch/robust_accuracy"],
    ];
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { write: true, createNew: true });
    } catch (error) {
      throw ioError(`Could not write ${path}`, error);
    }
    // The step that the run stands at is told again: an epoch's end may be void that stands at it.
    await write(file, path, [
      versionEvent(),
      startEvent(this.#finished + (this.#last ? 0 : 1)),
      summaryEvent(0, beginning(recipe, results)),
      ...this.#last ? [this.#eventOf(this.#last)] : [],
    ]);
    return { path, file };
  }
}

async function write(file: Deno.FsFile, path: string, events: readonly Message[]): Promise<void> {
  try {
    for (const event of events) await writeAll(file, tfRecord(event.bytes()));
  } catch (error) {
    throw ioError(`Could not write ${path}`, error);
  }
}

/** The other numbers of a line, by their names in TensorBoard. */
function ratesOf(metrics: StepMetrics | EpochMetrics): Record<string, number | undefined> {
  const { imagesPerSecond: images_per_second } = metrics;
  if (metrics.kind === "step") {
    const { lr, momentum } = metrics;
    return { lr, momentum, images_per_second };
  }
  const { cleanAccuracy, robustAccuracy, weights, attack, seconds } = metrics;
  return {
    clean_accuracy: cleanAccuracy,
    robust_accuracy: robustAccuracy,
    mean_weight: weights?.mean,
    attack_loss_before: attack?.lossBefore,
    attack_loss_after: attack?.lossAfter,
    attack_sampled_loss_before: attack?.sampled?.lossBefore,
    attack_sampled_loss_after: attack?.sampled?.lossAfter,
    attack_accuracy: attack?.accuracy,
    images_per_second,
    seconds,
  };
}

function pictureOf(name: string, images: Float32Array, shape: ImageShape): Value {
  const values = valuesPerImage(shape), n = Math.min(SHOWN, images.length / values);
  const bytes = Uint8Array.from(images.subarray(0, n * values), (value) => Math.round(255 * value));
  const set = { name, classes: [], shape, n, images: bytes, labels: new Uint8Array(n) };
  return image(`images/${name}`, contactSheet(set, [...Array(n).keys()], n));
}
