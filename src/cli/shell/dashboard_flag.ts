/**
 * `--dashboard`: the run in a browser, while it trains.
 *
 * @module
 */
import type { Dashboard } from "../../report/dashboard/dashboard.ts";
import { integerFlag } from "../../recipe/flag.ts";
import { DEFAULT_PORT } from "../../report/dashboard/ports.ts";
import type { RunObserver } from "../../train/start_options.ts";
import { printMessage } from "./output.ts";

/** Nobody listens without it. */
export const DASHBOARD = {
  ...integerFlag(
    "dashboard",
    "show the run as a page to this machine while it trains; on this port or the next free one, " +
      `default ${DEFAULT_PORT}`,
    1,
    65_535,
  ),
  placeholder: "[PORT]",
  bare: String(DEFAULT_PORT),
} as const;

/** Opens a dashboard and says where. */
export async function openDashboard(port: number): Promise<Dashboard> {
  const { Dashboard } = await import("../../report/dashboard/dashboard.ts");
  const dashboard = Dashboard.open(port);
  printMessage(`Dashboard: ${dashboard.url}`);
  return dashboard;
}

/** `observer`, and the same told to `dashboard`. */
export function alsoOn(dashboard: Dashboard, observer: RunObserver): RunObserver {
  return {
    ...observer,
    onStart(start) {
      observer.onStart?.(start);
      dashboard.begin(start.directory);
    },
    onStep(metrics, length) {
      observer.onStep?.(metrics, length);
      const { epoch, step, imagesPerSecond } = metrics, { epochs, stepsPerEpoch } = length;
      const position = `epoch ${epoch} of ${epochs}, step ${step} of ${stepsPerEpoch}`;
      const status = `${position}, ${imagesPerSecond.toFixed(1)} images/s`;
      dashboard.step(metrics, stepsPerEpoch, status);
    },
    onEpoch(metrics, length) {
      observer.onEpoch?.(metrics, length);
      dashboard.epoch(metrics);
    },
  };
}
