/**
 * The network of what is evaluated, whatever kind it is: a state dict of ours, or a model from elsewhere.
 *
 * @module
 */
import { Oracle } from "../attack/autoattack/oracle.ts";
import type { Backend } from "../backend/backend.ts";
import { firstIndices, loadBatch } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { UsageError } from "../errors.ts";
import { type FrozenModel, prepareFrozen } from "../model/frozen.ts";
import type { Subject } from "../run/subject.ts";
import type { ModelFormat } from "../weights/tfjs/manifest.ts";
import { checkNetwork } from "./autoattack/sanity.ts";
import type { EvaluationSettings } from "./evaluate.ts";
import { checkFitting } from "./fitting.ts";
import { architectureOf, freezeSubject } from "./frozen_subject.ts";
import type { InputScaling } from "./tfjs/input_scaling.ts";
import { openTfjsNetwork } from "./tfjs/tfjs_network.ts";

/** What a report says of a model from elsewhere. */
export interface ForeignModel {
  /** Which kind of tfjs model it is. */
  readonly format: ModelFormat;
  /** What it was given for images in [0,1]. */
  readonly input: InputScaling;
  /** Whether a softmax at its end was taken off. */
  readonly softmaxRemoved: boolean;
}

/** A network on the device. */
export interface OpenNetwork {
  readonly model: FrozenModel;
  /** What it is, if it is a model from elsewhere. */
  readonly foreign?: ForeignModel;
}

/** A network that is not on the device yet. */
export interface SubjectNetwork {
  /** Refuses what is made for other images or classes, as far as that is known already. Throws a `UsageError`. */
  check(dataset: Dataset): void;
  /**
   * Puts it on `backend`.
   *
   * @param attacked whether its gradients will be needed
   * @throws {UsageError} if it is made for other images or classes, or cannot be computed
   * @throws {RunError} if the device fails
   */
  open(
    dataset: Dataset,
    batchSize: number,
    backend: Backend,
    attacked: boolean,
  ): Promise<OpenNetwork>;
}

/**
 * The network of `subject`.
 *
 * @param input what a model from elsewhere takes for the images
 * @throws {UsageError} if its weights are no network's that is known, or `input` is given for one of ours
 */
export function networkOf(subject: Subject, input: InputScaling | undefined): SubjectNetwork {
  const { model, path } = subject;
  if (model !== undefined) {
    const scaling = input ?? {};
    return {
      check: () => {}, // what tfjs says of its shapes is known when it is made
      async open(dataset, _, backend, attacked) {
        const open = await openTfjsNetwork(model, dataset, scaling, backend, attacked);
        const { network, softmaxRemoved } = open;
        return {
          model: network,
          foreign: { format: model.format, input: scaling, softmaxRemoved },
        };
      },
    };
  }
  if (input !== undefined) {
    throw new UsageError(
      `--input-range, --input-mean and --input-std are for a model.json, and ${path} takes images in [0,1]: leave them out.`,
    );
  }
  const architecture = architectureOf(subject);
  return {
    check: (dataset) => checkFitting(path, architecture, dataset, subject.trainedOn?.classes),
    async open(dataset, batchSize, backend) {
      await backend.guard(prepareFrozen(architecture, dataset.shape, batchSize, backend));
      return { model: freezeSubject(subject, architecture) };
    },
  };
}

/** Images that the signs of masked gradients are looked for on, at most. */
const CHECKED = 64;

/**
 * Signs that accuracies of a model from elsewhere under `attacks` should not be believed, a sentence each: what AutoAttack
 * would tell where another attack is all that runs. Throws a `RunError` if the device fails.
 */
export async function foreignWarnings(
  { model, foreign }: OpenNetwork,
  attacks: readonly string[],
  { dataset, batchSize, backend }: Pick<EvaluationSettings, "dataset" | "batchSize" | "backend">,
): Promise<string[]> {
  const told = attacks.includes("autoattack") || attacks.every((name) => name === "clean");
  if (!foreign || told) return [];
  const { classes, shape } = dataset;
  const oracle = new Oracle(model.logits, { classes: classes.length, shape }, backend);
  const n = Math.min(CHECKED, batchSize, dataset.n);
  const { x: images, y: labels } = loadBatch(dataset, firstIndices(n, undefined));
  return await checkNetwork(oracle, { images, labels, targets: labels });
}
