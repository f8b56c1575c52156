/**
 * The network under attack, asked for logits, losses and gradients of whole batches.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Backend } from "../../backend/backend.ts";
import type { ImageShape } from "../../data/dataset.ts";
import { UsageError } from "../../errors.ts";
import { imageTensor, oneHot } from "../../model/inputs.ts";
import type { ExampleLoss } from "./example_losses.ts";
import type { LogitsFunction } from "../pgd.ts";

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** N points to look at. */
export interface Points {
  /** N images, one after another. */
  readonly images: Float32Array;
  /** N labels. */
  readonly labels: ArrayLike<number>;
  /** N classes that a targeted loss aims at; anything where there is none. */
  readonly targets: ArrayLike<number>;
}

/** What the network says of N points. */
export interface Answers {
  /** `N · classes` values. */
  readonly logits: Float32Array;
  /** Absent without a loss. */
  readonly slope?: Slope;
}

/** Losses of N points. */
export interface Slope {
  readonly losses: Float32Array;
  /** Their gradients, as long as the images: finite, see {@linkcode makeFinite}. */
  readonly gradients: Float32Array;
  /** How many of the gradients were not. */
  readonly notFinite: number;
}

/** What the network is on: a device whose name is known to work by itself is asked about a second batch meanwhile. */
export type AskedDevice = Pick<Backend, "guard"> & Partial<Pick<Backend, "name">>;

/** Asks `network`, which tells `classes` apart in images of `shape`, on the device `backend`. */
export class Oracle {
  readonly #network: LogitsFunction;
  readonly #backend: AskedDevice;
  readonly #shape: ImageShape;
  readonly classes: number;
  /** How many batches it is worth to ask about at once: the CPU engine computes where it is asked. */
  readonly batches: number;

  constructor(
    network: LogitsFunction,
    { classes, shape }: { readonly classes: number; readonly shape: ImageShape },
    backend: AskedDevice,
  ) {
    this.#network = network;
    this.#shape = shape;
    this.classes = classes;
    this.#backend = backend;
    this.batches = backend.name === "webgpu" ? 2 : 1;
  }

  /**
   * Logits of N `images`, one after another: `N · classes` values.
   *
   * @throws {UsageError} if the network tells another number of classes apart
   * @throws {RunError} if the device fails
   */
  async logits(images: Float32Array): Promise<Float32Array> {
    const logits = tf.tidy(() => this.#network(imageTensor(images, this.#shape)));
    const values = await this.#backend.guard(logits.data<"float32">());
    logits.dispose();
    const [, given] = logits.shape;
    if (given === this.classes) return values;
    throw new UsageError(
      `The network gives ${given} logits, and there are ${this.classes} classes.`,
    );
  }

  /** Logits, and losses and gradients if there is a `loss`. Throws as {@linkcode logits} does. */
  async ask(points: Points, loss: ExampleLoss | undefined): Promise<Answers> {
    if (loss === undefined) return { logits: await this.logits(points.images) };
    const kept: tf.Tensor[] = [];
    const gradient = tf.tidy(() => {
      const labels = oneHot(points.labels, this.classes);
      const targets = oneHot(points.targets, this.classes);
      const slope = tf.grad((x) => {
        const logits = this.#network(x as tf.Tensor4D);
        const losses = loss(logits, labels, targets);
        kept.push(tf.keep(logits), tf.keep(losses));
        return tf.sum(losses);
      });
      return slope(imageTensor(points.images, this.#shape));
    });
    const all = Promise.all([...kept, gradient].map((tensor) => tensor.data<"float32">()));
    const [logits, losses, gradients] = await this.#backend.guard(all);
    tf.dispose([...kept, gradient]);
    const notFinite = makeFinite(gradients!, points.labels.length);
    return { logits: logits!, slope: { losses: losses!, gradients: gradients!, notFinite } };
  }
}

/**
 * Puts 0 in place of what is no number in N `gradients`, one after another, as PyTorch's sign of it is, and the largest
 * float32 in place of an infinite one: a network may be smooth where it was trained and not where an attack leads.
 *
 * @returns in how many of the N
 */
function makeFinite(gradients: Float32Array, n: number): number {
  const length = gradients.length / n, found = new Set<number>();
  for (let i = 0; i < gradients.length; i++) {
    const value = gradients[i]!;
    if (Number.isFinite(value)) continue;
    found.add(Math.floor(i / length));
    gradients[i] = Number.isNaN(value) ? 0 : Math.sign(value) * LARGEST;
  }
  return found.size;
}
