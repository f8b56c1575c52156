/**
 * A plot under a finger.
 *
 * @module
 */

/** Lets a finger do in `host` what a mouse does: read, and zoom by dragging sideways. Uses nothing from outside of itself. */
export function watchTouch(host: HTMLElement): void {
  const mouseEvents: Readonly<Record<string, string>> = {
    pointerdown: "mousedown",
    pointermove: "mousemove",
    pointerup: "mouseup",
  };
  for (const [name, mouse] of Object.entries(mouseEvents)) {
    host.addEventListener(name, (event) => {
      const { pointerType, clientX, clientY } = event as PointerEvent;
      if (pointerType !== "touch") return;
      const over = host.querySelector(".u-over")!;
      // uPlot takes a move of no pixels for a mistake of the browser's.
      const at = { clientX, clientY, movementX: 1, bubbles: true, button: 0 };
      // Where a drag begins the cursor has to be first, as a mouse's is.
      if (mouse === "mousedown") over.dispatchEvent(new MouseEvent("mousemove", at));
      over.dispatchEvent(new MouseEvent(mouse, at));
    });
  }
}
