/**
 * A small table file.
 *
 * @module
 */

/** A valid table; `changes` replace its parts. */
export function madeTable(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    format: 1,
    name: "made",
    title: "Made",
    published: { source: "nobody", select: "test", n: 12 },
    recipe: { ...{ data: "cifar10", width: 1, epochs: 2 }, "batch-size": 8, select: "none" },
    columns: [
      { name: "clean", label: "clean" },
      { name: "pgd2", label: "PGD-2" },
      { name: "autoattack", label: "AutoAttack" },
    ],
    rows: [
      { name: "v1", label: "V1", recipe: { variant: "v1" }, published: { clean: 84.5 } },
      { name: "plain", label: "Plain", recipe: { variant: "standard" } },
    ],
    scales: { tiny: { recipe: { epochs: 1 }, n: { autoattack: 1 } } },
    claims: [{ text: "V1 over plain", column: "clean", order: ["v1", "plain"] }],
    ...changes,
  };
}
