/**
 * What files of weights say of the nonlinearity, which their tensors do not show: those that are written here say which it is
 * where that is not ReLU.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { ACTIVATION_NAMES, type ActivationName } from "../model/architecture.ts";
import { quoted } from "../format/quoted.ts";

/** The name under which it stands in a file's metadata. */
const NAME = "memloss.activation";

/** What is put into the metadata of weights of a network with `activation`. */
export function activationMetadata(activation: ActivationName = "relu"): Record<string, string> {
  return activation === "relu" ? {} : { [NAME]: activation };
}

/**
 * What `metadata` say; undefined if nothing.
 *
 * @throws {UsageError} naming `source` if that is none
 */
export function saidActivation(
  metadata: Readonly<Record<string, unknown>>,
  source: string,
): ActivationName | undefined {
  const said = metadata[NAME];
  if (said === undefined) return undefined;
  const known = ACTIVATION_NAMES.find((name) => name === said);
  if (known !== undefined) return known;
  throw new UsageError(
    `${source} says that its nonlinearity is ${quoted(String(said).slice(0, 40))}: ${
      ACTIVATION_NAMES.join(" and ")
    } are known.`,
  );
}

/**
 * The nonlinearity of the weights in `source`, of which somebody may have `asked` for another.
 *
 * @throws {UsageError} if the file says another than is asked for
 */
export function agreedActivation(
  said: ActivationName | undefined,
  asked: ActivationName | undefined,
  source: string,
): ActivationName | undefined {
  if (said === undefined || asked === undefined || said === asked) return asked ?? said;
  throw new UsageError(
    `The nonlinearity of ${source} is ${said}, as it says itself, and not ${asked}: leave that out.`,
  );
}
