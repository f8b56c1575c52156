/**
 * The page's script as text: uPlot, and the functions of `client/`.
 *
 * @module
 */
import license from "uplot/LICENSE" with { type: "text" };
import uPlotText from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import { boot } from "./client/boot.ts";
import { drawPlot } from "./client/draw_plot.ts";
import { follow } from "./client/follow.ts";
import { makeReader } from "./client/make_reader.ts";
import { watchKeys } from "./client/watch_keys.ts";
import { watchTouch } from "./client/watch_touch.ts";

/** The script. It is made of the functions' text, not of files: a bundled program has none beside it. */
export function pageScript(): string {
  const tools = { drawPlot, makeReader, watchKeys, watchTouch, follow };
  const named = Object.entries(tools).map(([name, tool]) => `${name}: ${tool}`).join(",\n");
  return `/*! uPlot\n${license.trim()}\n*/\n${uPlotText}\n(${boot})({ uPlot, ${named} });\n`;
}
