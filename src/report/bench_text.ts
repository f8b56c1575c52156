/**
 * What `memloss bench` found, in tables.
 *
 * @module
 */
import type { Bound, Predictions } from "../bench/roofline.ts";
import { MODES } from "../bench/convolutions.ts";
import { type GpuName, GPUS } from "../bench/gpus.ts";
import type { LayerSpeed } from "../bench/kernels.ts";
import type { BenchReport } from "../bench/report.ts";
import { formatSpread } from "../bench/statistics.ts";
import type { StepSpeed } from "../bench/step.ts";

type Row = readonly string[];

/** `report` in words. */
export function describeBench(report: BenchReport): string {
  const { adapter, kernels, step, attackStart, host, roofline } = report;
  return [
    ...adapter === undefined ? [] : [[`WebGPU on ${adapter}`]],
    ...kernels ? describeKernels(kernels) : [],
    ...step ? [describeStep(step)] : [],
    ...attackStart ? [describeAttackStart(attackStart)] : [],
    ...host ? [describeHost(host)] : [],
    ...roofline ? describeRooflines(roofline) : [],
  ].map((lines) => lines.join("\n")).join("\n\n");
}

function describeHost(host: NonNullable<BenchReport["host"]>): string[] {
  const { width, batchSize, steps, imagesPerSecond, milliseconds, waits } = host;
  return [
    `the host's part of the V1 step, width ${width}, batch ${batchSize}, ${steps} steps on a device that computes ` +
    "nothing; median [least, most]",
    ...table(["", "ms"], [
      ["a step", formatSpread(milliseconds, 1)],
      ["from the update to the attack", formatSpread(waits.attack, 1)],
      ["from the attack's result to the gradients", formatSpread(waits.descend, 1)],
      ["from the gradients to the update", formatSpread(waits.update, 1)],
    ]),
    `images/s ${formatSpread(imagesPerSecond, 0)}`,
  ];
}

function describeKernels(kernels: NonNullable<BenchReport["kernels"]>): string[][] {
  const { width, batchSize, pairs, layers, summary } = kernels;
  const title = `convolutions of ResNet-18, width ${width}, batch ${batchSize}, ${pairs} samples ` +
    "each; ours without packing the filter";
  const tables = MODES.map((mode) => [
    mode,
    ...table(
      ["layer", "variant", "ms, median [least, most]", "GFLOPS", "times as fast as tfjs"],
      layers.filter((layer) => layer.mode === mode).flatMap(layerRows),
    ),
  ]);
  const means = summary.map(({ of, geometricMean, least }) => [
    of,
    geometricMean.toFixed(2),
    least.toFixed(2),
  ]);
  return [
    [title],
    ...tables,
    ...means.length === 0 ? [] : [[
      "fastest variants against tfjs",
      ...table(["layers", "geometric mean", "least"], means),
    ]],
  ];
}

function layerRows({ layer, variants, stock }: LayerSpeed): Row[] {
  const named = [...variants, ...stock ? [{ variant: "tfjs", ratio: undefined, ...stock }] : []];
  return named.map(({ variant, milliseconds, gflops, ratio }, i) => [
    i === 0 ? layer : "",
    variant,
    formatSpread(milliseconds, 2),
    gflops.toFixed(1),
    ratio ? formatSpread(ratio, 2) : "",
  ]);
}

function describeStep(step: NonNullable<BenchReport["step"]>): string[] {
  const { width, batchSize, pairs, ours, stock, ratio, javascriptRatio } = step;
  const row = (name: string, speed: StepSpeed) => [
    name,
    formatSpread(speed.seconds, 2),
    formatSpread(speed.imagesPerSecond, 1),
    String(speed.dispatches),
    String(speed.submissions),
    formatSpread(speed.javascriptMilliseconds, 1),
  ];
  return [
    `V1 step of ResNet-18, width ${width}, batch ${batchSize}, ${pairs} steps each`,
    ...table(
      ["", "seconds", "images/s", "dispatches", "submissions", "JavaScript, ms"],
      [row("ours", ours), ...stock ? [row("tfjs", stock)] : []],
    ),
    ...ratio ? [`times as fast as tfjs: ${formatSpread(ratio, 2)}`] : [],
    ...javascriptRatio ? [`JavaScript's time, tfjs/ours: ${formatSpread(javascriptRatio, 1)}`] : [],
  ];
}

function describeAttackStart(
  found: NonNullable<BenchReport["attackStart"]>,
): string[] {
  const { width, batchSize, pairs, backend, adapter, attacks } = found;
  return [
    `V1 step of ResNet-18, width ${width}, batch ${batchSize}, ${pairs} steps each, in turns, on ${backend} (${adapter})`,
    ...table(
      ["attack", "passes", "seconds", "images/s", "times as fast", "by passes"],
      attacks.map(({ start, steps, passes, seconds, imagesPerSecond, ratio, expectedRatio }) => [
        `${steps} from ${start}`,
        String(passes),
        formatSpread(seconds, 2),
        formatSpread(imagesPerSecond, 1),
        formatSpread(ratio, 2),
        expectedRatio.toFixed(2),
      ]),
    ),
  ];
}

function describeRooflines(roofline: NonNullable<BenchReport["roofline"]>): string[][] {
  const { width, batchSize, variants } = roofline;
  const names = Object.keys(GPUS) as GpuName[];
  const header = [
    ...["layer", "variant, kernel", "workgroups", "kFLOP", "KiB read", "KiB written"],
    ...["KiB shared", "FLOP/byte", ...names.map((name) => `${GPUS[name].name}, GFLOPS`)],
  ];
  const predicted = (predictions: Predictions) => names.map((name) => span(predictions[name]));
  const kibi = (bytes: number) => (bytes / 1024).toFixed(1);
  const tables = MODES.map((mode) => [
    mode,
    ...table(
      header,
      variants.filter((each) => each.mode === mode).flatMap(
        ({ layer, variant, kernels, predictions }): Row[] => [
          [layer, variant, "", "", "", "", "", "", ...predicted(predictions)],
          ...kernels.map(({ kernel, workgroups, perWorkgroup, intensity, predictions }) => [
            "",
            `  ${kernel}`,
            String(workgroups),
            (perWorkgroup.flops / 1000).toFixed(1),
            kibi(perWorkgroup.bytesRead),
            kibi(perWorkgroup.bytesWritten),
            kibi(perWorkgroup.workgroupMemory),
            intensity.toFixed(1),
            ...predicted(predictions),
          ]),
        ],
      ),
    ),
  ]);
  const roofs = names.map((name) => {
    const { name: title, flops, bandwidth } = GPUS[name];
    return `${title}: ${flops / 1e12} TFLOPS, ${bandwidth / 1e9} GB/s`;
  });
  return [
    [
      `roofline of ResNet-18's convolutions, width ${width}, batch ${batchSize}: bound and GFLOPS ` +
      "without caches … with perfect ones (docs/roofline.md)",
      ...roofs,
    ],
    ...tables,
  ];
}

const span = ({ uncached, cached }: { uncached: Bound; cached: Bound }) =>
  [uncached, cached].map(({ bound, gflops }) => `${bound} ${gflops.toFixed(0)}`).join(" … ");

/** `rows` under `header`, in columns. */
function table(header: Row, rows: readonly Row[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd()
  );
}
