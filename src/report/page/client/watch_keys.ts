/**
 * A plot under the keyboard.
 *
 * @module
 */
import type { DrawnPlot } from "./types.ts";

/** Reads and zooms `plot` by keys while `host` has the focus. Uses nothing from outside of itself. */
export function watchKeys(host: HTMLElement, plot: DrawnPlot): void {
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => plot.moveCursor(-0.02),
    ArrowRight: () => plot.moveCursor(0.02),
    "+": () => plot.magnify(2),
    "-": () => plot.magnify(0.5),
    Escape: () => plot.magnify(0),
    "0": () => plot.magnify(0),
  };
  host.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(actions, event.key)) {
      return;
    }
    actions[event.key]!();
    event.preventDefault();
  });
  // Only the plot in hand speaks: the cursors of the others move with it.
  const output = host.closest("figure")!.querySelector("output")!;
  host.addEventListener("focus", () => output.setAttribute("aria-live", "polite"));
  host.addEventListener("blur", () => output.setAttribute("aria-live", "off"));
}
