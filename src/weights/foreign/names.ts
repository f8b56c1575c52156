/**
 * Other projects' names for what the networks here have, and what stands before all of a network's names.
 *
 * @module
 */
import type { Architecture } from "../../model/architecture.ts";
import { recognise } from "../../model/architectures/architectures.ts";
import type { Shapes } from "../../model/architectures/definition.ts";
import { networkShapes } from "../account.ts";

/** What others call the parts of a residual network, and what they are called here. */
const ALIASES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(?:fc|classifier|head|last_linear|output)(?=\.(?:weight|bias)$)/, "linear"],
  [/(?<=\.)(?:downsample|skip)(?=\.[01]\.)/, "shortcut"],
];

/** Prefixes that are tried, those with the most names first: more would only come of a file made to cost time. */
const MOST_PREFIXES = 64;

/** A network found among tensors. */
export interface Found {
  readonly architecture: Architecture;
  /** What stands before the names of its tensors, such as `module.`; empty if nothing does. */
  readonly prefix: string;
  /** Its tensors' names in the file, by their names here; those under the prefix that it does not have as well. */
  readonly names: ReadonlyMap<string, string>;
}

/** The networks among tensors of `shapes`: one at the most under each prefix, the shortest first. */
export function findNetworks(shapes: Shapes): Found[] {
  return prefixesOf(shapes.keys()).flatMap((prefix) => {
    const found = findUnder(shapes, prefix);
    return found === undefined ? [] : [found];
  });
}

function findUnder(shapes: Shapes, prefix: string): Found | undefined {
  const under = [...shapes.keys()].filter((name) => name.startsWith(prefix));
  const plain = new Map(under.map((name) => [name.slice(prefix.length), name]));
  let best: Found | undefined, most = -1;
  for (const names of [plain, translated(plain)]) {
    const architecture = recognise(
      new Map([...names].map(([ours, name]) => [ours, shapes.get(name)!])),
    );
    if (architecture === undefined) continue;
    const needed = [...networkShapes(architecture).keys()];
    const present = needed.filter((name) => names.has(name)).length;
    if (present <= most) continue;
    most = present;
    best = { architecture, prefix, names };
  }
  return best;
}

/** `names` by what things are called here; one whose place is taken stays as it is. */
function translated(names: ReadonlyMap<string, string>): Map<string, string> {
  const result = new Map<string, string>();
  for (const [name, original] of names) {
    const ours = ALIASES.reduce((text, [pattern, to]) => text.replace(pattern, to), name);
    result.set(names.has(ours) || result.has(ours) ? name : ours, original);
  }
  return result;
}

/** What could stand before a network's names: nothing, and every beginning that ends in a point. */
function prefixesOf(names: Iterable<string>): string[] {
  const counts = new Map<string, number>([["", Infinity]]);
  for (const name of names) {
    let at = name.indexOf(".");
    for (let depth = 0; at >= 0 && depth < 6; depth++) {
      const prefix = name.slice(0, at + 1);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      at = name.indexOf(".", at + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a || 0).slice(0, MOST_PREFIXES)
    .map(([prefix]) => prefix).sort((a, b) => a.length - b.length);
}
