/**
 * Everything that can change what an evaluation finds: shards that agree in it belong together.
 *
 * @module
 */
import { imagesDigest } from "../../data/images_digest.ts";
import { sha256 } from "../../format/sha256.ts";
import { sourceDigest } from "../../run/program_version.ts";
import { attacksOf, type EvaluationOptions } from "../evaluation_options.ts";
import { shortened } from "../kept_report.ts";
import type { Evaluated } from "./evaluated.ts";

/** By its name, everything that can change a number; values are as JSON keeps them. */
export type Identity = Readonly<Record<string, unknown>>;

/** The identity of the evaluation that is asked for, of all its shards together. */
export async function identityOf(
  { subject, source, recipe, test, ids }: Evaluated,
  options: EvaluationOptions,
): Promise<Identity> {
  const { corruptions, restarts = 1, autoAttack = {}, input } = options;
  const attacks = attacksOf(options), n = ids.length;
  const { version = "standard", members, effort } = autoAttack;
  const { threat, batchSize, seed, backend, deterministic } = recipe;
  const identity = {
    program: await sourceDigest(),
    checkpoint: subject.sha256,
    weights: subject.weights,
    activation: subject.model ? undefined : subject.activation,
    source: source?.sha256,
    sourceActivation: source?.model ? undefined : source?.activation,
    data: test.name,
    images: imagesDigest(test, ids),
    ...{ n, attacks, corruptions, threat, restarts },
    ...attacks.includes("autoattack") && { autoAttack: { version, members, effort } },
    ...{ input, batchSize, seed, backend, deterministic },
  };
  return JSON.parse(JSON.stringify(identity)); // as a file gives it back
}

/** A name for the folder of an evaluation's shards: its attacks, and the beginning of a digest. */
export function identityName(identity: Identity): string {
  const attacks = (identity.attacks as readonly string[]).join("-");
  return `${shortened(attacks)}-${sha256(JSON.stringify(identity)).slice(0, 12)}`;
}

/** In what a shard of `found` differs from one of `asked`, as the end of "was made …"; undefined if in nothing. */
export function findDifference(found: Identity, asked: Identity): string | undefined {
  for (const name of Object.keys({ ...asked, ...found })) {
    const one = JSON.stringify(found[name]), other = JSON.stringify(asked[name]);
    if (one === other) continue;
    if (name === "program") return "by another version of the program";
    if (["checkpoint", "weights", "activation"].includes(name)) return "of other weights";
    if (["source", "sourceActivation"].includes(name)) return "on another --source";
    if (name === "images") return "of other images";
    return `with ${name} ${one ?? "unset"}, and not ${other ?? "unset"}`;
  }
  return undefined;
}
