/**
 * Whether an evaluation was asked for that can be made: a script may say anything.
 *
 * @module
 */
import { AUTOATTACK_MEMBERS, AUTOATTACK_VERSIONS } from "../attack/autoattack/versions.ts";
import { UsageError } from "../errors.ts";
import { CHECKPOINT_LINKS } from "../run/checkpoints.ts";
import { isEvaluationName } from "./evaluate.ts";

/** What can be wrong in a script without types. */
interface Asked {
  readonly attacks?: readonly string[];
  readonly checkpoint?: string;
  readonly limit?: number;
  readonly restarts?: number;
  readonly autoAttack?: { readonly version?: string; readonly members?: readonly string[] };
}

/**
 * Refuses names that stand for nothing and numbers that count nothing: what is left out of an evaluation, or made of no image,
 * would look like a result.
 *
 * @throws {UsageError} naming the first such option
 */
export function checkOptions(options: Asked): void {
  const { attacks, checkpoint, limit, restarts, autoAttack: { version, members } = {} } = options;
  if (attacks?.length === 0) throw new UsageError("The attacks must be at least one.");
  for (const name of attacks ?? []) {
    if (name === "autoattack" || isEvaluationName(name)) continue;
    throw new UsageError(`There is no attack "${name}": say clean, pgd20, cw20 or autoattack.`);
  }
  refuseUnknown("checkpoint", checkpoint, CHECKPOINT_LINKS);
  refuseUnknown("AutoAttack version", version, AUTOATTACK_VERSIONS);
  for (const member of members ?? []) {
    refuseUnknown("AutoAttack member", member, AUTOATTACK_MEMBERS);
  }
  if (attacks?.includes("autoattack") && version === "custom" && !members?.length) {
    throw new UsageError('AutoAttack\'s version "custom" needs members, such as apgd-ce, square.');
  }
  for (const [name, count] of Object.entries({ limit, restarts })) {
    if (count === undefined || Number.isSafeInteger(count) && count > 0) continue;
    throw new UsageError(`The ${name} must be a whole number of at least 1, not ${count}.`);
  }
}

function refuseUnknown(what: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return;
  throw new UsageError(`There is no ${what} "${name}": it is one of ${known.join(", ")}.`);
}
