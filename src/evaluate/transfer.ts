/**
 * Attacks that are carried over: images made adversarial on one network and shown to another.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { ActivationName } from "../model/architecture.ts";
import type { Subject, WeightsChoice } from "../run/subject.ts";
import { type ImageAccuracy, isEvaluationName } from "./evaluate.ts";
import { networkOf, type SubjectNetwork } from "./subject_network.ts";
import type { InputScaling } from "./tfjs/input_scaling.ts";

/** What a network makes of images that were attacked on another. */
export interface Transfer {
  /** What they were attacked on. */
  readonly source: {
    /** Its file. */
    readonly path: string;
    /** SHA-256 of the file. */
    readonly sha256: string;
    /** Which of the file's weights; absent where it holds no average of them. */
    readonly weights?: WeightsChoice;
    /** Its nonlinearity; absent for ReLU, and for a model from elsewhere. */
    readonly activation?: ActivationName;
    /** What a model from elsewhere was given for images in [0,1]; absent where that is the images. */
    readonly input?: InputScaling;
  };
  /** Signs that what a model from elsewhere lets pass as its gradients should not be believed; absent where there are none. */
  readonly warnings?: readonly string[];
  /** The accuracies on them, by the attack's name. */
  readonly accuracies: Readonly<Record<string, ImageAccuracy>>;
}

/** What a report says of `subject`, on which the images were attacked, and which is given `input` if it is from elsewhere. */
export function sourceOf(subject: Subject, input: InputScaling | undefined): Transfer["source"] {
  const { path, sha256 } = subject;
  if (subject.model) return { path, sha256, ...input && { input } };
  const { activation = "relu", weights } = subject;
  return { path, sha256, ...weights && { weights }, ...activation !== "relu" && { activation } };
}

/** Which attacks are carried over. */
function isTransferable(name: string): boolean {
  return isEvaluationName(name) && name !== "clean";
}

/**
 * @param attacks what is measured
 * @throws {UsageError} unless there is something to carry over, and nothing that cannot be
 */
export function checkTransfer(attacks: readonly string[]): void {
  const other = attacks.find((name) => name !== "clean" && !isTransferable(name));
  if (other === undefined && attacks.some(isTransferable)) return;
  throw new UsageError(
    other === undefined
      ? "--source needs an attack that is made on it, such as --attack pgd20."
      : `--source makes images by fgsm, pgdN and cwN: leave out --attack ${other}.`,
  );
}

/** The networks that an evaluation takes. */
export interface Networks {
  readonly network: SubjectNetwork;
  /** On which the images are attacked, if that is another. */
  readonly source?: SubjectNetwork;
}

/**
 * The networks of `subject` and of the `source` that images are attacked on, if there is one.
 *
 * @param input what a model from elsewhere takes for the images; it goes to each of the two that is one
 * @throws {UsageError} if one is no network that is known, or `input` is given and neither is from elsewhere
 */
export function networksOf(
  subject: Subject,
  source: Subject | undefined,
  input: InputScaling | undefined,
): Networks {
  const others = subject.model === undefined && source?.model !== undefined;
  const network = networkOf(subject, others ? undefined : input);
  if (source === undefined) return { network };
  return { network, source: networkOf(source, source.model && input) };
}
