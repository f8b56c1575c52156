/**
 * What `memloss bench` found, in tables.
 *
 * @module
 */
import { MODES } from "../bench/kernels/convolutions.ts";
import type { LayerSpeed } from "../bench/kernels/speeds.ts";
import type { BatchTimes } from "../bench/memory.ts";
import type { BenchReport, OnDevice } from "../bench/report.ts";
import { formatSpread } from "../bench/statistics.ts";
import type { StepSpeed } from "../bench/step.ts";
import type { Cost } from "../bench/turns.ts";
import { columns, type Row } from "./columns.ts";
import { describeRooflines } from "./roofline_text.ts";

/** `report` in words. */
export function describeBench(report: BenchReport): string {
  const { backend, adapter, kernels, step, attack, attackStart, memory, host, roofline } = report;
  return [
    ...backend === undefined ? [] : [[`on ${backend} (${adapter})`]],
    ...kernels ? describeKernels(kernels) : [],
    ...step ? [describeStep(step)] : [],
    ...attack ? [describeAttack(attack)] : [],
    ...attackStart ? [describeAttackStart(attackStart)] : [],
    ...report.eval ? describeEvaluations(report.eval) : [],
    ...memory ? [describeMemory(memory)] : [],
    ...host ? [describeHost(host)] : [],
    ...roofline ? describeRooflines(roofline) : [],
  ].map((lines) => lines.join("\n")).join("\n\n");
}

function describeHost(host: NonNullable<BenchReport["host"]>): string[] {
  const { width, batchSize, steps, imagesPerSecond, milliseconds, waits } = host;
  return [
    `the host's part of the V1 step, width ${width}, batch ${batchSize}, ${steps} steps on a device that computes ` +
    "nothing; median [least, most]",
    ...columns(["", "ms"], [
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
    ...columns(
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
      ...columns(["layers", "geometric mean", "least"], means),
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
  const onGpu = ours.dispatches !== undefined;
  const row = (name: string, speed: StepSpeed) => [
    name,
    formatSpread(speed.seconds, 2),
    formatSpread(speed.imagesPerSecond, 1),
    ...onGpu
      ? [
        String(speed.dispatches),
        String(speed.submissions),
        formatSpread(speed.javascriptMilliseconds!, 1),
      ]
      : [],
  ];
  return [
    `V1 step of ResNet-18, width ${width}, batch ${batchSize}, ${pairs} steps each`,
    ...columns(
      [
        ...["", "seconds", "images/s"],
        ...onGpu ? ["dispatches", "submissions", "JavaScript, ms"] : [],
      ],
      [row("ours", ours), ...stock ? [row("tfjs", stock)] : []],
    ),
    ...ratio ? [`times as fast as tfjs: ${formatSpread(ratio, 2)}`] : [],
    ...javascriptRatio ? [`JavaScript's time, tfjs/ours: ${formatSpread(javascriptRatio, 1)}`] : [],
  ];
}

function describeAttack(found: NonNullable<BenchReport["attack"]>): string[] {
  return [
    `attacks of training on ResNet-18, ${measuredOn(found)}`,
    ...costs("attack", found.attacks, ({ loss, steps }) => `${steps} of ${loss}`),
  ];
}

function describeAttackStart(found: NonNullable<BenchReport["attackStart"]>): string[] {
  return [
    `V1 step of ResNet-18, ${measuredOn(found)}`,
    ...costs("attack", found.attacks, ({ start, steps }) => `${steps} from ${start}`),
  ];
}

function describeEvaluations(found: NonNullable<BenchReport["eval"]>): string[][] {
  const { evaluations, members, secondsPerRobustImage } = found;
  return [
    [
      `evaluations of ResNet-18, ${measuredOn(found)}`,
      ...costs("", evaluations, ({ evaluation }) => evaluation),
    ],
    [
      "AutoAttack's members (standard) on images that withstand them",
      ...columns(
        ["", "queries/s", "queries of an image", "seconds for it"],
        members.map(({ member, queries, queriesPerSecond, secondsPerImage }) => [
          member,
          formatSpread(queriesPerSecond, 1),
          String(queries),
          formatSpread(secondsPerImage, 2),
        ]),
      ),
      `all of them: ${formatSpread(secondsPerRobustImage, 2)} s for an image`,
    ],
  ];
}

function measuredOn({ width, batchSize, pairs, backend, adapter }: OnDevice): string {
  return `width ${width}, batch ${batchSize}, ${pairs} times each, in turns, on ${backend} (${adapter})`;
}

/** What the first column calls `what`, and what each costs; all are held against the first. */
function costs<T extends Cost>(
  what: string,
  found: readonly T[],
  nameOf: (cost: T) => string,
): string[] {
  return columns(
    [what, "passes", "seconds", "images/s", "times as fast", "by passes"],
    found.map((cost) => [
      nameOf(cost),
      String(cost.passes),
      formatSpread(cost.seconds, 2),
      formatSpread(cost.imagesPerSecond, 1),
      formatSpread(cost.ratio, 2),
      cost.expectedRatio.toFixed(2),
    ]),
  );
}

function describeMemory(found: NonNullable<BenchReport["memory"]>): string[] {
  const { examples, batchSize, codec, budget, write, read } = found;
  const times = ({ mean, median, percentile95, most }: BatchTimes) =>
    [mean, median, percentile95, most].map((each) => each.toFixed(2));
  const rows = [
    ["commit, ms", found.commit.toFixed(0)],
    ["open to write, ms", found.openToWrite.toFixed(0)],
    ["open to read only, ms", found.openToRead.toFixed(0)],
    ["verify, ms", found.verify.toFixed(0)],
    ["bytes of an example on disk", found.bytesPerExample.toFixed(1)],
    ["resident memory grown by reading, MiB", (found.residentGrowth / 2 ** 20).toFixed(0)],
  ];
  return [
    `memory of ${examples} examples, ${codec}, in batches of ${batchSize}, budget ${budget} MiB`,
    ...columns(
      ["ms of the training thread", "mean", "median", "95 %", "most"],
      [["to write a batch", ...times(write)], ["to read a batch", ...times(read)]],
    ),
    ...columns(["", ""], rows).slice(1),
  ];
}
