/**
 * `memloss doctor --tuning`: what tuners have measured on this machine.
 *
 * @module
 */
import { type TuningEntry, tuningPath, TuningStore } from "../backend/webgpu/tuning/store.ts";
import { printMessage } from "./shell/output.ts";

/** What `doctor --tuning --json` prints. */
export interface TuningReport {
  /** The database; null where this user has no cache directory that the program may use. */
  readonly path: string | null;
  readonly entries: readonly TuningEntry[];
}

/** Reads the measurements, after removing them all if `reset`. */
export async function examineTuning(reset: boolean): Promise<TuningReport> {
  const path = await tuningPath();
  const store = new TuningStore(path, (note) => printMessage(`note: ${note}`));
  if (reset) await store.clear();
  return { path: path ?? null, entries: await store.list() };
}

/** The report as a table for each device. */
export function describeTuning({ path, entries }: TuningReport): string {
  if (path === null) return "Nothing is kept: there is no cache directory that may be used.";
  if (entries.length === 0) return `There are no timings in ${path}.`;
  const width = Math.max(...entries.map(({ convolution }) => convolution.length));
  const devices = Map.groupBy(entries, ({ device }) => device);
  return [...devices].flatMap(([device, ofDevice]) => [
    device,
    ...ofDevice.flatMap(({ convolution, variant, seconds, excluded }) => [
      `  ${convolution.padEnd(width)}  ${variant}: ${describeTimes(variant, seconds)}`,
      ...Object.entries(excluded).map(([name, reason]) => `    without ${name}: ${reason}`),
    ]),
  ]).join("\n");
}

/** The winner's time, then the others', fastest first. */
function describeTimes(winner: string, seconds: Readonly<Record<string, number>>): string {
  const milliseconds = (name: string) => `${Number((1000 * seconds[name]!).toPrecision(3))} ms`;
  const others = Object.keys(seconds).filter((name) => name !== winner)
    .sort((a, b) => seconds[a]! - seconds[b]!)
    .map((name) => `${name} ${milliseconds(name)}`);
  return milliseconds(winner) + (others.length > 0 ? ` (${others.join(", ")})` : "");
}
