/**
 * Whether the layers of a model can be connected at all: tfjs connects one after another whose inputs are there, and would
 * wait for ever for those that never come.
 *
 * @module
 */

/** One use of a layer: the uses of layers whose results it takes. */
type Use = readonly Reference[];

/** The use `number`, from 0, of the layer `name`. */
interface Reference {
  readonly name: string;
  readonly number: number;
}

/** What is wrong with the first network of layers in `topology` that cannot be connected; undefined if nothing is. */
export function findUnconnected(topology: unknown): string | undefined {
  // Networks may be layers of others. What is left to look at is a list: JSON can be nested deeper than calls can.
  const left: unknown[] = [topology];
  while (left.length > 0) {
    const json = left.pop();
    if (typeof json !== "object" || json === null) continue;
    const { layers } = json as { layers?: unknown };
    const fault = Array.isArray(layers) && layers.some(usesOf) ? faultOf(layers) : undefined;
    if (fault !== undefined) return fault;
    for (const value of Object.values(json)) left.push(value);
  }
  return undefined;
}

/** A layer's list of uses in its JSON, whatever it holds. */
function usesOf(layer: unknown): unknown {
  const { inbound_nodes, inboundNodes } = (layer ?? {}) as Record<string, unknown>;
  return inbound_nodes ?? inboundNodes;
}

function faultOf(layers: readonly unknown[]): string | undefined {
  const waiting = new Map<string, Use[]>(), used = new Map<string, number>();
  for (const layer of layers) {
    const { name, config, class_name: kind } = (layer ?? {}) as Record<string, unknown>;
    const uses = readUses(usesOf(layer));
    const called = (config as { name?: unknown } | null | undefined)?.name ?? name;
    if (typeof name !== "string" || called !== name || uses === undefined) {
      return `the layer ${JSON.stringify(called)} does not say where it stands`;
    }
    if (waiting.has(name)) return `it has the layer ${JSON.stringify(name)} twice`;
    waiting.set(name, uses);
    used.set(name, kind === "InputLayer" ? 1 : 0);
  }
  for (let before = Infinity, now = 0;; before = now) {
    now = 0;
    for (const [name, uses] of waiting) {
      const still = uses.filter((use) => {
        if (use.some((each) => (used.get(each.name) ?? 0) <= each.number)) return true;
        if (use.length > 0) used.set(name, used.get(name)! + 1);
        return false;
      });
      waiting.set(name, still);
      now += still.length;
    }
    if (now === 0) return undefined;
    if (now < before) continue;
    const [name] = [...waiting].find(([, uses]) => uses.length > 0)!;
    return `the layer ${JSON.stringify(name)} takes what no layer gives`;
  }
}

/** The uses that a layer's JSON lists; undefined if it lists something else. */
function readUses(json: unknown): Use[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const uses: Use[] = [];
  for (const use of json) {
    if (!Array.isArray(use)) return undefined;
    const references: Reference[] = [];
    for (const each of use) {
      const [name, number] = Array.isArray(each) ? each : [];
      if (typeof name !== "string" || !Number.isSafeInteger(number) || number < 0) return undefined;
      references.push({ name, number });
    }
    uses.push(references);
  }
  return uses;
}
