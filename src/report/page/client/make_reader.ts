/**
 * The legend of a plot, which reads its lines.
 *
 * @module
 */
import type { Plot } from "../plots.ts";
import type { DrawnLine } from "./types.ts";

/**
 * What writes into the legend of `figure` the values at `x`, or the last ones if that is undefined. Uses nothing from outside
 * of itself.
 */
export function makeReader(
  figure: HTMLElement,
  { axis, unit }: Plot,
  lines: readonly DrawnLine[],
): (x: number | undefined) => void {
  const readings = [...figure.querySelectorAll<HTMLElement>("[data-reading]")];
  const position = figure.querySelector<HTMLElement>("[data-position]");
  const format = (value: number) =>
    unit === "percent" ? `${value.toFixed(2)} %` : String(Number(value.toPrecision(4)));

  /** The point of a run nearest to `x`; of its means where there are any. */
  const read = (run: number, x: number): { x: number; y: number } | undefined => {
    const own = lines.filter((line) => line.run === run && line.x.length > 0);
    const line = own.find(({ faint }) => !faint) ?? own[0];
    if (line === undefined) return undefined;
    let low = 0, high = line.x.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (line.x[middle]! < x) low = middle;
      else high = middle;
    }
    const nearest = x - line.x[low]! < line.x[high]! - x ? low : high;
    return { x: line.x[nearest]!, y: line.y[nearest]! };
  };

  return (x) => {
    let measured: number | undefined;
    for (const reading of readings) {
      const point = read(Number(reading.dataset.reading), x ?? Infinity);
      measured ??= point?.x;
      reading.textContent = point ? format(point.y) : "–";
    }
    if (position === null) return;
    if (x === undefined) position.textContent = "last";
    else if (axis === "epoch") position.textContent = `epoch ${x.toFixed(1)}`;
    else position.textContent = `ε = ${measured}/255`;
  };
}
