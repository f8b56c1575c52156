/**
 * Robust accuracy against the radius of the attack's ball, as one plot of a page.
 *
 * @module
 */
import { representative } from "../representative.ts";
import { accuracyTitle } from "../words.ts";
import { digits, type Plot } from "./plots.ts";
import { type RunData, shownEvaluations } from "./run_data.ts";

/** The curve that stands for a run, and what attacked. */
function radiusCurve(run: RunData) {
  const most = (points: readonly { readonly n: number }[]) => Math.max(...points.map(({ n }) => n));
  const curves = shownEvaluations(run)
    .flatMap(({ curve, restarts, seed }) => curve ? [{ curve, restarts, seed }] : []);
  const found = representative(
    curves,
    run.record.recipe.seed,
    ({ curve, restarts, seed }) => ({ n: most(curve.points), seed, restarts }),
  );
  if (found === undefined) return undefined;
  const { curve, restarts } = found;
  const name = restarts > 1 ? `${curve.attack} restarts${restarts}` : curve.attack;
  return { curve, attack: accuracyTitle(name) };
}

/** Robust accuracy against the attack's radius, of the runs that have it; undefined if none has. */
export function radiusPlot(runs: readonly RunData[]): Plot | undefined {
  const shown = runs.map(radiusCurve), curves = shown.map((each) => each?.curve);
  const found = curves.filter((curve) => curve !== undefined);
  if (found.length === 0) return undefined;
  const points = curves.map((curve) =>
    new Map(
      curve?.points.map(({ epsilon, correct, n }) => [
        digits(255 * epsilon, 6),
        digits(100 * correct / n, 5),
      ]),
    )
  );
  const radii = [...new Set(points.flatMap((each) => [...each.keys()]))].sort((a, b) => a - b);
  const attacks = new Set(shown.flatMap((each) => each ? [each.attack] : []));
  const counts = new Set(found.flatMap(({ points }) => points.map(({ n }) => n)));
  return {
    id: "radius",
    title: `Accuracy under ${[...attacks].join(", ")} by radius`,
    note: `${
      [...counts].map((n) => n.toLocaleString("en")).join(" or ")
    } test images; radius ε in 1/255`,
    axis: "radius",
    unit: "percent",
    lines: points.map((each, run) => {
      const x = radii.filter((radius) => each.has(radius));
      return { run, faint: false, x, y: x.map((radius) => each.get(radius)!) };
    }),
    table: radii.map((radius) => ({
      at: `${radius}/255`,
      values: points.map((each) => each.get(radius)),
    })),
  };
}
