/**
 * What the page's script is handed, and what its parts are to each other. The parts are functions that use nothing from
 * outside of themselves: the page has their text.
 *
 * @module
 */
import type uPlot from "uplot";
import type { Plot } from "../plots.ts";

/** What a page says beside its HTML. */
export interface PageJson {
  readonly plots: readonly Plot[];
  /** Whether events of a run in training follow. */
  readonly live: boolean;
}

/** A plot that is drawn. */
export interface DrawnPlot {
  readonly plot: Plot;
  /** Shows or hides the lines of a run. */
  show(run: number, shown: boolean): void;
  /** Shows `x` in [least, most], or everything. */
  zoom(range: readonly [number, number] | undefined): void;
  /** Adds a point to the line of single steps. */
  append(x: number, y: number): void;
  /** Draws again, in the colours of now. */
  redraw(): void;
  destroy(): void;
}

/** What a plot asks of its page. */
export interface PlotPage {
  /** A colour by the name of its custom property. */
  colour(name: string): string;
  /** Lengths of dashes and gaps of a run's lines; none for a whole line. */
  dash(run: number): number[];
  /** Told of a new range of `x`, undefined for everything. */
  onZoom(source: DrawnPlot, range: readonly [number, number] | undefined): void;
}

/** The parts of the script. */
export interface Tools {
  readonly uPlot: typeof uPlot;
  readonly drawPlot: (
    Plotter: typeof uPlot,
    host: HTMLElement,
    plot: Plot,
    page: PlotPage,
  ) => DrawnPlot;
}
