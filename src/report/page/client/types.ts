/**
 * What the page's script is handed, and what its parts are to each other. The parts are functions that use nothing from
 * outside of themselves: the page has their text.
 *
 * @module
 */
import type uPlot from "uplot";
import type { Plot, PlotLine } from "../plots.ts";

/** What a page says beside its HTML. */
export interface PageJson {
  readonly plots: readonly Plot[];
  /** On a dashboard, the number of the last event that is in it: the following are asked for. */
  readonly position?: number;
}

/** A step of a run in training. */
export interface StepEvent {
  /** Where it is on the axis. */
  readonly x: number;
  /** Its values, by the plots' ids. */
  readonly values: Readonly<Record<string, number>>;
  /** How far the run is, in words. */
  readonly status: string;
}

/** What of a page depends on its runs, and is sent anew while they train. */
export interface PageContent {
  /** HTML of its header and its main part. */
  readonly body: string;
  readonly json: PageJson;
}

/** A curve that can grow. */
export interface DrawnLine extends Omit<PlotLine, "x" | "y"> {
  readonly x: number[];
  readonly y: number[];
}

/** A plot that is drawn. */
export interface DrawnPlot {
  readonly plot: Plot;
  /** Shows or hides the lines of a run. */
  show(run: number, shown: boolean): void;
  /** Shows `x` in [least, most], or everything. */
  zoom(range: readonly [number, number] | undefined): void;
  /** Moves the cursor by a share of the width. */
  moveCursor(share: number): void;
  /** Shows `factor` times less around the cursor; 0 is everything, without a cursor. */
  magnify(factor: number): void;
  /** Adds a point to the line of single steps. */
  append(x: number, y: number): void;
  /** Draws again, in the colours of now. */
  redraw(): void;
  destroy(): void;
}

/** What a plot asks of its page. */
export interface PlotPage {
  /** The font of axes, as a canvas takes it. */
  readonly font: string;
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
  readonly follow: (
    position: number,
    onStep: (step: StepEvent) => void,
    onPage: (page: PageContent) => void,
  ) => void;
  readonly drawPlot: (
    Plotter: typeof uPlot,
    host: HTMLElement,
    width: number,
    plot: Plot,
    page: PlotPage,
    makeReader: Tools["makeReader"],
  ) => DrawnPlot;
  readonly makeReader: (
    figure: HTMLElement,
    plot: Plot,
    lines: readonly DrawnLine[],
  ) => (x: number | undefined) => void;
  readonly watchTouch: (host: HTMLElement) => void;
  readonly watchKeys: (host: HTMLElement, plot: DrawnPlot) => void;
}
