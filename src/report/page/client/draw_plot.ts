/**
 * A plot in the browser: lines, a cursor that reads them, zoom.
 *
 * @module
 */
import type uPlot from "uplot";
import type { Plot } from "../plots.ts";
import type { DrawnPlot, PlotPage } from "./types.ts";

/** Draws `plot` into `host`, which is `width` pixels wide. Uses nothing from outside of itself. */
export function drawPlot(
  Plotter: typeof uPlot,
  host: HTMLElement,
  width: number,
  plot: Plot,
  page: PlotPage,
): DrawnPlot {
  const HEIGHT = 226;
  const lines = plot.lines.map(({ x, y, ...line }) => ({ ...line, x: [...x], y: [...y] }));
  const figure = host.closest("figure")!;
  const readings = [...figure.querySelectorAll<HTMLElement>("[data-reading]")];
  const position = figure.querySelector<HTMLElement>("[data-position]");
  let zoomed: readonly [number, number] | undefined;
  let resetting = false;

  const everything = (): [number, number] => {
    const ends = lines.filter(({ x }) => x.length > 0);
    const least = Math.min(...ends.map(({ x }) => x[0]!));
    const most = Math.max(...ends.map(({ x }) => x.at(-1)!));
    return least < most ? [least, most] : [least - 0.5, most + 0.5];
  };
  const aligned = () =>
    Plotter.join(lines.map(({ x, y }): uPlot.AlignedData => [x, y])) as uPlot.AlignedData;
  const colour = (run: number) => page.colour(`--run-${run % 6}`);
  const format = (value: number) =>
    plot.unit === "percent" ? `${value.toFixed(2)} %` : String(Number(value.toPrecision(4)));

  /** The value of a run nearest to `x`; of its means where there are any. */
  const read = (run: number, x: number): number | undefined => {
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
    return line.y[nearest];
  };
  const tell = () => {
    const { left = -1 } = chart.cursor;
    const x = left < 0 ? everything()[1] : chart.posToVal(left, "x");
    for (const reading of readings) {
      const value = read(Number(reading.dataset.reading), x);
      reading.textContent = value === undefined ? "–" : format(value);
    }
    if (position === null) return;
    const label = plot.axis === "epoch" ? "epoch" : "ε =";
    const where = plot.axis === "epoch" ? x.toFixed(1) : `${x.toFixed(1)}/255`;
    position.textContent = left < 0 ? "last" : `${label} ${where}`;
  };

  const dense = lines.filter(({ faint, x }) => faint && x.length > 300).length;
  /** The more steps there are, the fainter. */
  const veil = (points: number) => points > 300 ? 0.12 + 0.22 / dense : 0.65;
  const ofWholes = lines.every(({ x }) => x.every(Number.isInteger));
  const axis: uPlot.Axis = {
    stroke: () => page.colour("--quiet"),
    grid: { stroke: () => page.colour("--rule"), width: 1 },
    ticks: { stroke: () => page.colour("--rule"), width: 1, size: 4 },
    font: page.font,
  };
  const chart = new Plotter(
    {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      cursor: { y: false, drag: { x: true, y: false }, sync: { key: plot.axis, setSeries: false } },
      scales: {
        x: { time: false, range: (_, least, most) => resetting ? everything() : [least, most] },
        y: { range: (_, least, most) => Plotter.rangeNum(least ?? 0, most ?? 1, 0.08, true) },
      },
      axes: [
        {
          ...axis,
          size: 28,
          space: 60,
          label: plot.axis === "epoch" ? "epoch" : "ε in 1/255",
          labelSize: 18,
          labelGap: 0,
          labelFont: page.font,
          ...ofWholes && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
        },
        {
          ...axis,
          size: (_, values) => 14 + 7 * Math.max(2, ...(values ?? []).map(({ length }) => length)),
          space: 34,
          values: (_, values) =>
            values.map((value) =>
              `${Number(value.toPrecision(6))}${plot.unit === "percent" ? " %" : ""}`
            ),
        },
      ],
      series: [
        {},
        ...lines.map(({ run, faint, x }): uPlot.Series => ({
          stroke: () => colour(run),
          alpha: faint ? veil(x.length) : 1,
          width: faint ? 1 : 2,
          dash: faint ? [] : page.dash(run),
          points: { show: !faint && x.length <= 30, size: 5, fill: () => colour(run) },
          spanGaps: true,
        })),
      ],
      hooks: {
        setCursor: [tell],
        setScale: [(self, key) => {
          if (key !== "x" || resetting) return;
          const { min, max } = self.scales.x!, [least, most] = everything();
          if (min === undefined || max === undefined || min === null || max === null) return;
          const whole = min <= least && max >= most;
          const changed = whole ? zoomed !== undefined : zoomed?.[0] !== min || zoomed[1] !== max;
          zoomed = whole ? undefined : [min, max];
          if (changed) page.onZoom(drawn, zoomed);
        }],
      },
    },
    aligned(),
    host,
  );

  const size = new ResizeObserver(() => {
    const { clientWidth } = host;
    if (clientWidth > 0 && clientWidth !== chart.width) {
      chart.setSize({ width: clientWidth, height: HEIGHT });
    }
  });
  size.observe(host);

  let waiting = false;
  const drawn: DrawnPlot = {
    plot,
    show(run, shown) {
      lines.forEach((line, i) => line.run === run && chart.setSeries(i + 1, { show: shown }));
    },
    zoom(range) {
      zoomed = range;
      const [min, max] = range ?? everything();
      chart.setScale("x", { min, max });
    },
    append(x, y) {
      const line = lines[0];
      if (line === undefined || x <= (line.x.at(-1) ?? -1)) return;
      line.x.push(x);
      line.y.push(y);
      if (waiting) return;
      waiting = true; // many steps may come between two frames
      requestAnimationFrame(() => {
        waiting = false;
        resetting = zoomed === undefined;
        chart.setData(aligned(), resetting);
        resetting = false;
        if (zoomed) chart.redraw();
        tell();
      });
    },
    redraw: () => chart.redraw(false),
    destroy() {
      size.disconnect();
      chart.destroy();
    },
  };

  host.addEventListener("keydown", (event) => {
    const [least, most] = zoomed ?? everything(), span = most - least;
    const moves: Record<string, number> = { ArrowLeft: -0.02, ArrowRight: 0.02 };
    const move = moves[event.key];
    if (move !== undefined) {
      const { left = -1 } = chart.cursor, { clientWidth } = chart.over;
      const from = left < 0 ? (move < 0 ? clientWidth : 0) : left;
      chart.setCursor({
        left: Math.min(clientWidth, Math.max(0, from + move * clientWidth)),
        top: 10,
      });
    } else if (event.key === "+" || event.key === "-") {
      const { left = -1 } = chart.cursor;
      const middle = left < 0 ? (least + most) / 2 : chart.posToVal(left, "x");
      const half = span * (event.key === "+" ? 0.25 : 1);
      const [first, last] = everything();
      const range: [number, number] = [
        Math.max(first, middle - half),
        Math.min(last, middle + half),
      ];
      const whole = range[0] === first && range[1] === last;
      drawn.zoom(whole ? undefined : range);
      page.onZoom(drawn, whole ? undefined : range);
    } else if (event.key === "Escape" || event.key === "0") {
      drawn.zoom(undefined);
      page.onZoom(drawn, undefined);
      chart.setCursor({ left: -10, top: -10 });
    } else return;
    event.preventDefault();
  });
  // Only the plot in hand speaks: the cursors of the others move with it.
  const output = figure.querySelector("output");
  host.addEventListener("focus", () => output?.setAttribute("aria-live", "polite"));
  host.addEventListener("blur", () => output?.setAttribute("aria-live", "off"));
  tell();
  return drawn;
}
