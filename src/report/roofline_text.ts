/**
 * The roofline on paper, in tables.
 *
 * @module
 */
import { MODES } from "../bench/kernels/convolutions.ts";
import { type GpuName, GPUS } from "../bench/kernels/gpus.ts";
import type { BenchReport } from "../bench/report.ts";
import type { Bound, Predictions } from "../bench/kernels/roofline.ts";
import { columns } from "./columns.ts";

/** What each kernel could reach, a table for every direction of the convolutions. */
export function describeRooflines(roofline: NonNullable<BenchReport["roofline"]>): string[][] {
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
    ...columns(
      header,
      variants.filter((each) => each.mode === mode).flatMap(
        ({ layer, variant, kernels, predictions }): string[][] => [
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
