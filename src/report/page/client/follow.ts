/**
 * The events of a dashboard, as its server sends them.
 *
 * @module
 */
import type { PageContent, StepEvent } from "./types.ts";

/** Follows the run from event `position` on. Uses nothing from outside of itself. */
export function follow(
  position: number,
  onStep: (step: StepEvent) => void,
  onPage: (page: PageContent) => void,
): void {
  const source = new EventSource(`/events?after=${position}`);
  const say = (text: string) => {
    const place = document.querySelector("[data-live]");
    if (place && place.textContent !== text) place.textContent = text;
  };
  let status = "live";
  source.addEventListener("step", ({ data }) => {
    const step: StepEvent = JSON.parse(data);
    say(status = step.status);
    onStep(step);
  });
  source.addEventListener("page", ({ data }) => {
    onPage(JSON.parse(data));
    say(status);
  });
  source.addEventListener("end", () => {
    source.close();
    say("training has ended");
    document.querySelector("[data-live]")?.classList.add("over");
  });
  source.addEventListener("open", () => say(status));
  source.addEventListener("error", () => say("no connection"));
}
