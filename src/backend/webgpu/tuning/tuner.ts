/**
 * Which variant computes which convolution: what a run has pinned, else what was the fastest on this device, else what is
 * usually good on its kind.
 *
 * @module
 */
import { RunError, UsageError } from "../../../errors.ts";
import { crc32c } from "../../../format/crc32c.ts";
import { type Catalogue, type VariantHost, variantsFor } from "../convolution/catalogue.ts";
import { type Convolution, type ConvolutionVariant, PLAIN } from "../convolution/shape.ts";
import { KernelDevice } from "../program/device.ts";
import type { Choose } from "../program/schedule.ts";
import { DispatchClock } from "./clock.ts";
import { convolutionKey, otherBatches } from "./key.ts";
import type { TuningResult, TuningStore } from "./store.ts";
import { Trial } from "./trial.ts";

/**
 * A measurement serves for batches up to this many times as large or as small: the passes of a step differ by no more,
 * and each would otherwise be timed by itself.
 */
const SIMILAR = 4;

/** How a tuner chooses. */
export interface TunerOptions extends VariantHost {
  readonly catalogue: Catalogue;
  /** What measurements are kept under: the device and whatever else of the machine makes them faster or slower. */
  readonly host: string;
  /** Names of variants by {@linkcode convolutionKey}, which win over everything. */
  readonly pinned: Readonly<Record<string, string>>;
  /** Where measurements are kept; absent, nothing is measured. */
  readonly store?: TuningStore;
  /** Told in a sentence what is unusual. */
  readonly onNote: (note: string) => void;
  /** Told how far the measuring is. */
  readonly onProgress: (text: string) => void;
}

/** Chooses variants for one device. A choice once made stands, so that all programs of a run agree. */
export class Tuner {
  readonly #device: GPUDevice;
  readonly #options: TunerOptions;
  readonly #known: Map<string, TuningResult>;
  readonly #choices = new Map<string, ConvolutionVariant>();
  /** Names of the variants that were chosen when {@linkcode settle} was called. */
  #settled: ReadonlyMap<string, string> = new Map();
  readonly #checksums = new Map<string, number>();

  private constructor(device: GPUDevice, options: TunerOptions, known: Map<string, TuningResult>) {
    this.#device = device;
    this.#options = options;
    this.#known = known;
  }

  /** A tuner that knows what its store does. */
  static async open(device: GPUDevice, options: TunerOptions): Promise<Tuner> {
    return new Tuner(device, options, await options.store?.load(options.host) ?? new Map());
  }

  /**
   * The variant for a convolution, from now on.
   *
   * @throws {UsageError} if one is pinned that does not exist, or not for this device
   * @throws {RunError} if there is none
   */
  readonly choose: Choose = (convolution) => {
    const choice = this.suggest(convolution);
    this.#choices.set(convolutionKey(convolution), choice);
    return choice;
  };

  /** What {@linkcode Tuner.choose} would choose now, which is no choice yet: it may still be timed. */
  readonly suggest: Choose = (convolution) => {
    const key = convolutionKey(convolution);
    return this.#choices.get(key) ?? this.#choose(convolution, key);
  };

  /**
   * Measures those of `convolutions` for which neither the run nor a measurement, if only of a similar batch, says what to
   * choose.
   *
   * @throws {RunError} if no variant computes one of them rightly on this device
   * @throws what `onProgress` throws
   */
  async prepare(convolutions: readonly Convolution[]): Promise<void> {
    const { store, host, pinned, onProgress } = this.#options;
    if (store === undefined) return;
    const unknown = new Map<string, Convolution>();
    for (const convolution of convolutions) {
      const key = convolutionKey(convolution);
      if (this.#choices.has(key) || key in pinned) continue;
      if (this.#settledVariant(convolution) || this.#measured(convolution)) continue;
      unknown.set(key, convolution);
    }
    if (unknown.size === 0) return;
    const kernels = new KernelDevice(this.#device); // forgets the losers' pipelines with them
    const clock = new DispatchClock(this.#device);
    let done = 0;
    try {
      for (const [key, convolution] of unknown) {
        onProgress(`timing convolutions for this device: ${done++} of ${unknown.size}`);
        if (this.#measured(convolution)) continue; // by what has been measured just now
        const measurement = await this.#measure(convolution, key, kernels, clock);
        if (measurement === undefined) continue;
        this.#known.set(key, measurement);
        await store.save(host, key, measurement);
      }
    } finally {
      clock.dispose();
    }
  }

  /**
   * From now on a convolution without a choice goes by that for the most similar batch: what a run records of its choices
   * decides about everything that it may still meet, whatever is measured before it is continued.
   */
  settle(): void {
    this.#settled = new Map(Object.entries(this.choices()));
  }

  /** Names of the variants chosen so far by {@linkcode convolutionKey}, sorted. */
  choices(): Record<string, string> {
    const names = [...this.#choices].map(([key, { name }]) => [key, name] as const);
    return Object.fromEntries(names.sort(([a], [b]) => a < b ? -1 : 1));
  }

  #candidates(convolution: Convolution): readonly ConvolutionVariant[] {
    return variantsFor(this.#options.catalogue, convolution, this.#options);
  }

  #choose(convolution: Convolution, key: string): ConvolutionVariant {
    const candidates = this.#candidates(convolution);
    const pinned = this.#options.pinned[key];
    const name = pinned ?? this.#settledVariant(convolution) ??
      this.#measured(convolution)?.variant ?? candidates[0]?.name;
    const choice = candidates.find((variant) => variant.name === name);
    if (choice !== undefined) return choice;
    if (pinned === undefined) throw new RunError(`This device cannot compute ${key}.`);
    const exists = this.#options.catalogue[convolution.mode].some((each) => each.name === pinned);
    throw new UsageError(
      `The run computes ${key} by ${pinned}, which ` +
        (exists ? "this device cannot do." : "this version of memloss does not have."),
    );
  }

  /** What was settled for another batch, if it can do this one too. */
  #settledVariant(convolution: Convolution): string | undefined {
    const names = this.#names(convolution);
    return otherBatches(convolution, this.#settled.keys(), Infinity)
      .map((other) => this.#settled.get(convolutionKey(other)))
      .find((name) => name !== undefined && names.has(name));
  }

  /**
   * What was measured of the kernels that there are now: for this batch, else for one that is not very different, if its
   * variant can do this one too.
   */
  #measured(convolution: Convolution): TuningResult | undefined {
    const names = this.#names(convolution);
    for (const other of otherBatches(convolution, this.#known.keys(), SIMILAR)) {
      const measurement = this.#known.get(convolutionKey(other));
      if (measurement?.kernels !== this.#checksum(other)) continue;
      if (names.has(measurement.variant)) return measurement;
    }
    return undefined;
  }

  #names(convolution: Convolution): ReadonlySet<string> {
    return new Set(this.#candidates(convolution).map(({ name }) => name));
  }

  /** Of the code of all candidates, which takes milliseconds to write and is asked for again and again. */
  #checksum(convolution: Convolution): number {
    const key = convolutionKey(convolution), known = this.#checksums.get(key);
    if (known !== undefined) return known;
    const { shape, precision } = convolution;
    const texts = this.#candidates(convolution).flatMap((variant) => [
      variant.name,
      ...[
        variant.pack?.(shape, precision).lowered,
        variant.lower(shape, precision, PLAIN),
      ].flatMap((lowered) =>
        lowered?.dispatches.flatMap(({ kernel }) => [kernel.code, String(kernel.grid)]) ?? []
      ),
    ]);
    const checksum = crc32c(new TextEncoder().encode(texts.join("\0")));
    this.#checksums.set(key, checksum);
    return checksum;
  }

  /** Undefined if the device has no room to measure, which it may have to compute. */
  async #measure(
    convolution: Convolution,
    key: string,
    kernels: KernelDevice,
    clock: DispatchClock,
  ): Promise<TuningResult | undefined> {
    const { onNote } = this.#options;
    const seconds: Record<string, number> = {}, excluded: Record<string, string> = {};
    let winner: string | undefined, best = Infinity;
    let trial: Trial;
    try {
      trial = await Trial.open(kernels, clock, convolution);
    } catch (error) {
      await this.#refuseLoss();
      onNote(`${key} is not timed: ${inOneLine(error)}.`);
      return undefined;
    }
    for (const variant of this.#candidates(convolution)) {
      try {
        const taken = seconds[variant.name] = await trial.seconds(variant, best);
        if (taken < best) [winner, best] = [variant.name, taken];
      } catch (error) {
        await this.#refuseLoss();
        excluded[variant.name] = inOneLine(error);
        onNote(`${variant.name} is not used for ${key}: ${excluded[variant.name]}.`);
      }
    }
    trial.dispose();
    await this.#refuseLoss(); // after which waiting, which is what is timed, takes no time
    if (winner === undefined) throw new RunError(`This device cannot compute ${key} rightly.`);
    const checksum = this.#checksum(convolution), measured = new Date().toISOString();
    return { variant: winner, seconds, excluded, kernels: checksum, measured };
  }

  /** @throws {RunError} if the device is lost, which tells nothing of what was tried on it */
  async #refuseLoss(): Promise<void> {
    // It fails before it tells, a turn of the event loop later, that it is lost.
    const turn = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined)));
    const lost = await Promise.race([this.#device.lost, turn]);
    if (lost) throw new RunError(`The GPU device was lost (${lost.reason}): ${lost.message}`);
  }
}

/** The message of `error`, which a driver may have written at any length, without a full stop. */
function inOneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 200).replace(/\.$/, "");
}
