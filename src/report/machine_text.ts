/**
 * What a machine can run, and what tuners have measured on it, in words.
 *
 * @module
 */
import type { AdapterReport, MachineReport, TuningReport } from "../upkeep/machine.ts";

/** A line for each engine and adapter, what training takes on it, the data, and what is missing. */
export function describeMachine(report: MachineReport): string {
  const yes = (flag: boolean) => flag ? "yes" : "no";
  return [
    `memloss ${report.memloss.version}, Deno ${report.deno}, ${report.platform}, ${report.processors} processors`,
    `wasm    ${report.wasm.arithmetic}, ${report.wasm.threads} threads`,
    ...report.webgpu.map((adapter) =>
      `webgpu  ${adapter.description}${adapter.software ? " (software)" : ""}: ` +
      `shader-f16 ${yes(adapter.shaderF16)}, timestamps ${yes(adapter.timestampQuery)}, ` +
      `buffers up to ${adapter.maxBufferMiB} MiB, bindings up to ${adapter.maxBindingMiB} MiB`
    ),
    ...report.webgpu.map(({ training }) => `        ${describeTraining(training)}`),
    `auto    ${report.auto}`,
    `data    ${describeData(report.data)}`,
    `disk    ${describeDisk(report.disk)}`,
    ...report.advice.map((line) => `note    ${line}`),
  ].join("\n");
}

function describeTraining(training: AdapterReport["training"]): string {
  if (typeof training === "string") return `gives no device: ${training}`;
  const { width, batchSize, bytes, largestBatch } = training;
  const need = Number.isFinite(bytes) ? `takes ${Math.round(bytes / 2 ** 20)} MiB` : "does not fit";
  return `training at --width ${width} --batch-size ${batchSize} ${need}; the largest batch is ${largestBatch}`;
}

function describeDisk({ freeBytes }: MachineReport["disk"]): string {
  if (freeBytes === null) return "not known: the program may not ask";
  return `${(freeBytes / 2 ** 30).toFixed(2)} GiB are free`;
}

function describeData({ directory, ...sets }: MachineReport["data"]): string {
  const there = Object.keys(sets).filter((name) => sets[name]);
  return `${there.join(", ") || "none"} in ${directory}`;
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
