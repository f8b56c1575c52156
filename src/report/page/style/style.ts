/**
 * The page's style sheet.
 *
 * @module
 */
import uPlot from "uplot/dist/uPlot.min.css" with { type: "text" };
import base from "./base.css" with { type: "text" };
import images from "./images.css" with { type: "text" };
import plots from "./plots.css" with { type: "text" };
import tables from "./tables.css" with { type: "text" };

/** All of it. */
export const STYLE: string = [uPlot, base, plots, tables, images].join("\n");
