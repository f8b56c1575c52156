/**
 * Where in a file the networks are: files hold several, nested in one another, beside what else was saved.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { quoted } from "../../format/quoted.ts";
import type { SafeTensor } from "../../format/safetensors.ts";
import { whyNone } from "../../model/architectures/architectures.ts";
import { shapesOf } from "../account.ts";
import { findNetworks, type Found } from "./names.ts";

/** Tensors by name, and more of the like nested in it. */
export interface Tree extends ReadonlyMap<string, SafeTensor | Tree> {}

/** A network and where it is. */
export interface Candidate extends Found {
  /** The names that lead to it, joined by points: those of the dicts, then the prefix of its tensors; empty at the top. */
  readonly key: string;
  /** All tensors of the dict that it is in. */
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

/** Dicts that are looked into, and how deep they lie: more would only come of a file made to cost time. */
const MOST_DICTS = 256, DEEPEST = 4;
/** What is named so is an average or an old state of the network beside it. */
const COPY = /ema|swa|avg|averag|teacher|best|attacker/i;

/** The networks in a file. */
export interface Candidates {
  readonly all: readonly Candidate[];
  /** Those that `--key` may mean, the likeliest first; one at least. */
  readonly asked: readonly Candidate[];
}

/**
 * The networks in `tree`, the one that is meant first: that which is trained before averages of it, what lies at the top
 * before what is nested.
 *
 * @param key what is asked for is there
 * @throws {UsageError} if there are none
 */
export function findCandidates(tree: Tree, source: string, key?: string): Candidates {
  const dicts = dictsOf(tree);
  if (dicts.length === 0) {
    throw new UsageError(
      `${source} holds no tensors by name: save the network with torch.save(model.state_dict(), FILE).`,
    );
  }
  const all = dicts.flatMap(({ path, tensors }) =>
    findNetworks(shapesOf(tensors)).map((found): Candidate => {
      const names = [...path, ...found.prefix === "" ? [] : [found.prefix.slice(0, -1)]];
      return { ...found, tensors, key: names.join(".") };
    })
  );
  if (all.length === 0) throw noNetwork(dicts, source);
  const rank = ({ key }: Candidate) => (COPY.test(key) ? 100 : 0) + key.split(".").length;
  const asked = all.filter((each) =>
    key === undefined || each.key === key || each.key.startsWith(`${key}.`)
  );
  if (asked.length === 0) {
    throw new UsageError(
      `--key ${quoted(key!)} leads to no network in ${source}, but these do: ${
        all.map(({ key }) => quoted(key)).join(", ")
      }.`,
    );
  }
  return { all, asked: asked.sort((a, b) => rank(a) - rank(b)) };
}

interface Dict {
  readonly path: readonly string[];
  readonly tensors: ReadonlyMap<string, SafeTensor>;
}

/** The dicts of `tree` that have tensors of their own. */
function dictsOf(tree: Tree): Dict[] {
  const found: Dict[] = [], seen = new Set<Tree>();
  const queue: { path: readonly string[]; at: Tree }[] = [{ path: [], at: tree }];
  while (queue.length > 0 && seen.size < MOST_DICTS) {
    const { path, at } = queue.shift()!;
    if (seen.has(at)) continue;
    seen.add(at);
    const tensors = new Map<string, SafeTensor>();
    for (const [name, value] of at) {
      if (!(value instanceof Map)) tensors.set(name, value as SafeTensor);
      else if (path.length < DEEPEST) queue.push({ path: [...path, name], at: value });
    }
    if (tensors.size > 0) found.push({ path, tensors });
  }
  return found;
}

/** The error about the dict with the most tensors. */
function noNetwork(dicts: readonly Dict[], source: string): UsageError {
  const { tensors } = dicts.reduce((a, b) => b.tensors.size > a.tensors.size ? b : a);
  const names = [...tensors.keys()];
  let common = names[0]!;
  for (const name of names) while (!name.startsWith(common)) common = common.slice(0, -1);
  const prefix = common.slice(0, common.lastIndexOf(".") + 1);
  const shapes = new Map(
    [...shapesOf(tensors)].map(([name, shape]) => [name.slice(prefix.length), shape]),
  );
  return new UsageError(
    `${source} is no state dict of a network that this program knows: ${whyNone(shapes)}.`,
  );
}
