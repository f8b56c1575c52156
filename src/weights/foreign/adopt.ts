/**
 * A network from somewhere else under the names and in the type that it has here.
 *
 * @module
 */
import { quoted } from "../../format/quoted.ts";
import type { SafeTensor } from "../../format/safetensors.ts";
import { type Architecture, normalisationNames } from "../../model/architecture.ts";
import { withNormalisation } from "../../model/architectures/architectures.ts";
import { counterNames, networkShapes, OPTIMISER, refuseUnusable } from "../account.ts";
import { asFloat32 } from "../float_types.ts";
import { type Candidate, findCandidates, type Tree } from "./candidates.ts";
import { findNormalisation } from "./normalisation.ts";

/** What PyTorch's averaged models count their updates in, beside the network. */
const COUNTER = /(?:^|\.)n_averaged$/;

/** A network with all of its tensors accounted for. */
export interface Adopted {
  readonly architecture: Architecture;
  /** The network's tensors in float32 under their names here, in the state dict's order; then what else belongs to it. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** What was done to them, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Takes over the network in `tree`.
 *
 * @param key which one, where there are several
 * @throws {UsageError} naming `source` if there is none, a tensor is missing, has another shape, cannot be computed with,
 *   or is none of the network's
 */
export function adoptNetwork(tree: Tree, source: string, key?: string): Adopted {
  const { all, asked: [taken, ...others] } = findCandidates(tree, source, key);
  const own = ownTensors(taken!, all);
  const { architecture, notes } = takeNormalisation(own, taken!, source);
  const needed = networkShapes(architecture), types = new Set<string>();
  const unused = dropUnused(own, needed);
  for (const name of needed.keys()) {
    const tensor = own.get(name);
    if (tensor === undefined) continue;
    const converted = asFloat32(tensor);
    if (converted !== tensor) types.add(tensor.dtype);
    own.set(name, converted);
  }
  refuseUnusable(own, architecture, source);
  return {
    architecture,
    tensors: ordered(own, architecture),
    notes: [
      ...noteKey(taken!, others),
      ...taken!.prefix === ""
        ? []
        : [`The names of its tensors begin with ${quoted(taken!.prefix)}, which is left out.`],
      ...noteNames(taken!, needed),
      ...types.size === 0
        ? []
        : [`Its values are converted from ${[...types].join(" and ")} to F32.`],
      ...unused,
      ...notes,
    ],
  };
}

/** The tensors beside and under the prefix of `taken` that are no other network's, those under it by its names for them. */
function ownTensors(taken: Candidate, all: readonly Candidate[]): Map<string, SafeTensor> {
  const { prefix, names, tensors } = taken, own = new Map<string, SafeTensor>();
  const others = all.filter((each) => each !== taken && each.tensors === tensors);
  const within = others.filter((each) => each.prefix.startsWith(prefix));
  const needed = networkShapes(taken.architecture);
  for (const [ours, name] of names) {
    if (COUNTER.test(name)) continue;
    const isOthers = within.some((each) => name.startsWith(each.prefix)) && !needed.has(ours);
    // What a checkpoint of this program has beside its network stays with it.
    if (!isOthers || ours.startsWith(OPTIMISER)) own.set(ours, tensors.get(name)!);
  }
  const theirs = others.map(ownership);
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix) || COUNTER.test(name) || theirs.some((are) => are(name))) continue;
    own.set(own.has(name) ? `/${name}` : name, tensor);
  }
  return own;
}

/** Whether a tensor is one of this network's; of one at the top, under whose prefix all of them are, only if it needs it. */
function ownership({ prefix, names, architecture }: Candidate): (name: string) => boolean {
  if (prefix !== "") return (name) => name.startsWith(prefix);
  const needed = [...networkShapes(architecture).keys(), ...counterNames(architecture)];
  const found = new Set(needed.map((ours) => names.get(ours)));
  return (name) => found.has(name);
}

/** What some wide ResNets have since TRADES' has it, though no image passes it. */
const UNUSED = "sub_block1";

/** Takes the tensors out of `own` that its network holds and never computes with; says so. */
function dropUnused(own: Map<string, SafeTensor>, needed: ReadonlyMap<string, unknown>): string[] {
  if (!needed.has("block1.layer.0.conv1.weight")) return [];
  const names = [...own.keys()].filter((name) => name.startsWith(`${UNUSED}.`));
  for (const name of names) own.delete(name);
  return names.length === 0
    ? []
    : [`${quoted(UNUSED)} is left out: it is no part of what the network computes.`];
}

/** Puts what images are normalised by among `own` under its names here; the architecture that has it. */
function takeNormalisation(
  own: Map<string, SafeTensor>,
  { architecture: plain }: Candidate,
  source: string,
): { architecture: Architecture; notes: string[] } {
  const { normalisation: _, ...without } = plain;
  const needed = networkShapes(without);
  const rest = new Map([...own].filter(([name]) => !needed.has(name)));
  const found = findNormalisation(rest, plain.channels, source);
  if (found === undefined) return { architecture: plain, notes: [] };
  const { names, mean, std } = found, architecture = withNormalisation(without);
  const ours = normalisationNames(architecture.normalisation!);
  const known = names.length === 2 && names[0] === ours.mean &&
    own.get(ours.mean)!.shape.length === 1;
  for (const name of names) own.delete(name);
  own.set(ours.mean, mean).set(ours.std, std);
  if (known) return { architecture, notes: [] };
  const list = ({ data }: SafeTensor) =>
    `[${[...data].map((value) => +Number(value).toPrecision(5)).join(", ")}]`;
  return {
    architecture,
    notes: [
      `It normalises its images, (x − ${list(mean)})/${
        list(std)
      }: that is taken over as its first layer, and what it is given ` +
      "stays in [0,1].",
    ],
  };
}

/** `own` in the order of a state dict, then the optimiser's. */
function ordered(
  own: ReadonlyMap<string, SafeTensor>,
  architecture: Architecture,
): Map<string, SafeTensor> {
  const counters = new Set(counterNames(architecture));
  const names = [...networkShapes(architecture).keys()].flatMap((name) => {
    const counter = name.replace(/running_var$/, "num_batches_tracked");
    return counters.has(counter) && own.has(counter) ? [name, counter] : [name];
  });
  const optimisers = [...own.keys()].filter((name) => name.startsWith(OPTIMISER));
  return new Map([...names, ...optimisers].map((name) => [name, own.get(name)!]));
}

function noteKey({ key }: Candidate, all: readonly Candidate[]): string[] {
  // What a checkpoint of this program has beside its network is no riddle.
  const others = all.filter((each) => !each.key.startsWith(OPTIMISER));
  if (others.length === 0) return [];
  const rest = others.map(({ key }) => quoted(key)).join(", ");
  const which = key === "" ? "at the top" : `under ${quoted(key)}`;
  return [
    `There are ${
      others.length + 1
    } networks: the one ${which} is taken; memloss weights import --key takes ${rest}.`,
  ];
}

/** Which parts have other names in the file. */
function noteNames({ names, prefix }: Candidate, needed: ReadonlyMap<string, unknown>): string[] {
  const pairs = new Set<string>();
  for (const name of needed.keys()) {
    const theirs = names.get(name)?.slice(prefix.length);
    if (theirs === undefined || theirs === name) continue;
    const ours = name.split(".");
    theirs.split(".").forEach((part, i) => {
      if (part !== ours[i]) pairs.add(`${quoted(part)} is called ${quoted(ours[i]!)} here`);
    });
  }
  return pairs.size === 0 ? [] : [`${[...pairs].join(", ")}.`];
}
