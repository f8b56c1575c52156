/**
 * The page's script: what is drawn, what its buttons do, what a dashboard adds.
 *
 * @module
 */
import type { DrawnPlot, PageContent, PageJson, PlotPage, StepEvent, Tools } from "./types.ts";

/** Brings the page to life. Uses nothing from outside of itself. */
export function boot({ uPlot, drawPlot, makeReader, watchKeys, watchTouch, follow }: Tools): void {
  const root = document.documentElement;
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2, 2, 2, 2, 2], [14, 5]];
  const hidden = new Set<number>();
  let drawn: DrawnPlot[] = [];
  let range: readonly [number, number] | undefined;

  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colours = new Map<string, string>();
  const page: PlotPage = {
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
    colour(name) {
      let found = colours.get(name);
      if (found === undefined) {
        probe.style.color = `var(${name})`;
        colours.set(name, found = getComputedStyle(probe).color);
      }
      return found;
    },
    dash: (run) => DASHES[(run + Math.floor(run / 6)) % 6]!,
    onZoom(source, zoomed) {
      for (const other of drawn) {
        if (other !== source && other.plot.axis === source.plot.axis) other.zoom(zoomed);
      }
      if (source.plot.axis === "epoch") range = zoomed;
      const selector = `[data-unzoom=${source.plot.axis}]`;
      for (const button of document.querySelectorAll<HTMLElement>(selector)) {
        button.hidden = zoomed === undefined;
      }
    },
  };

  const draw = ({ plots }: PageJson) => {
    for (const each of drawn) each.destroy();
    const places = plots.flatMap((plot) => {
      const host = document.querySelector<HTMLElement>(`[data-plot="${plot.id}"]`);
      return host ? [{ plot, host, width: host.clientWidth }] : [];
    });
    // Only now that all widths are known: the browser would lay the page out anew for each.
    drawn = places.map(({ plot, host, width }) => {
      const each = drawPlot(uPlot, host, width, plot, page, makeReader);
      watchKeys(host, each);
      watchTouch(host);
      return each;
    });
    for (const each of drawn) {
      for (const run of hidden) each.show(run, false);
      if (range && each.plot.axis === "epoch") each.zoom(range);
    }
    for (const button of document.querySelectorAll<HTMLElement>("[data-run-switch]")) {
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.runSwitch))));
    }
  };

  const recolour = () => {
    colours.clear();
    for (const each of drawn) each.redraw();
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", recolour);

  document.addEventListener("click", ({ target }) => {
    const button = (target as Element).closest("button");
    if (button === null) return;
    const { theme, runSwitch, unzoom } = button.dataset;
    if (theme !== undefined) {
      const now = root.style.colorScheme || (dark.matches ? "dark" : "light");
      root.style.colorScheme = now === "dark" ? "light" : "dark";
      recolour();
    }
    if (runSwitch !== undefined) {
      const run = Number(runSwitch), shown = hidden.has(run);
      if (shown) hidden.delete(run);
      else hidden.add(run);
      button.setAttribute("aria-pressed", String(shown));
      for (const each of drawn) each.show(run, shown);
    }
    const zoomed = drawn.find(({ plot }) => plot.axis === unzoom);
    if (zoomed) {
      zoomed.zoom(undefined);
      page.onZoom(zoomed, undefined);
    }
  });

  /** Puts the page in the place of the last one: what is open, and what has the focus, stays. */
  const replace = ({ body, json }: PageContent) => {
    const open = [...document.querySelectorAll("details[open]")].map(({ id }) => id);
    const focused = document.activeElement?.id;
    document.getElementById("page")!.innerHTML = body;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    draw(json);
  };
  const append = ({ x, values }: StepEvent) => {
    for (const each of drawn) {
      const value = values[each.plot.id];
      if (value !== undefined) each.append(x, value);
    }
  };

  const json: PageJson = JSON.parse(document.getElementById("data")!.textContent);
  draw(json);
  if (json.position !== undefined) follow(json.position, append, replace);
  root.dataset.drawn = "true";
  performance.mark("drawn");
}
