/**
 * A plot in the browser: lines, a cursor that reads them, zoom.
 *
 * @module
 */
import type uPlot from "uplot";
import type { Plot } from "../plots.ts";
import type { DrawnLine, DrawnPlot, PlotPage, Tools } from "./types.ts";

/** Draws `plot` into `host`, which is `width` pixels wide. Uses nothing from outside of itself. */
export function drawPlot(
  Plotter: typeof uPlot,
  host: HTMLElement,
  width: number,
  plot: Plot,
  page: PlotPage,
  makeReader: Tools["makeReader"],
): DrawnPlot {
  const HEIGHT = 226;
  const lines: DrawnLine[] = plot.lines.map(({ x, y, ...line }) => ({
    ...line,
    x: [...x],
    y: [...y],
  }));
  const tellAt = makeReader(host.closest("figure")!, plot, lines);
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
  const tell = () => {
    const { left = -1 } = chart.cursor;
    tellAt(left < 0 ? undefined : chart.posToVal(left, "x"));
  };

  const dense = lines.filter(({ faint, x }) => faint && x.length > 300).length;
  /** The more steps there are, the fainter. */
  const veil = (points: number) =>
    Math.max(0.12 + 0.22 / Math.max(1, dense), 0.65 * Math.min(1, 150 / points));
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
    moveCursor(share) {
      const { left = -1 } = chart.cursor, { clientWidth } = chart.over;
      const from = left < 0 ? (share < 0 ? clientWidth : 0) : left;
      const to = Math.min(clientWidth, Math.max(0, from + share * clientWidth));
      chart.setCursor({ left: to, top: 10 });
    },
    magnify(factor) {
      const [first, last] = everything(), [least, most] = zoomed ?? [first, last];
      const { left = -1 } = chart.cursor;
      const middle = left < 0 ? (least + most) / 2 : chart.posToVal(left, "x");
      const half = (most - least) / (2 * factor);
      const range = [Math.max(first, middle - half), Math.min(last, middle + half)] as const;
      const whole = range[0] === first && range[1] === last;
      drawn.zoom(whole ? undefined : range);
      page.onZoom(drawn, whole ? undefined : range);
      if (factor === 0) chart.setCursor({ left: -10, top: -10 });
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

  tell();
  return drawn;
}
