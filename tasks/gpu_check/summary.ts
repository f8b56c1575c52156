/**
 * What has been found so far, as one JSON document and as a page.
 *
 * @module
 */
import { join } from "@std/path";
import { writeFileAtomically } from "../../src/disk/files.ts";
import { formatJson } from "../../src/format/json.ts";
import { median } from "../../src/bench/statistics.ts";
import { type CheckOptions, readFindings } from "./context.ts";
import type { Outcome } from "./run_stage.ts";
import { STAGES } from "./stages.ts";
import { utilisation } from "./watch.ts";

/** Writes `summary.json` and `summary.md` of the stages that are over. */
export async function writeSummary(
  options: CheckOptions,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { out } = options, stages: Record<string, unknown> = {};
  const rows: string[] = [], sections: string[] = [];
  for (const outcome of outcomes) {
    const { stage, ended, why, seconds, limit } = outcome;
    const findings = await readFindings(out, stage);
    const busy = await utilisation(out, outcome);
    stages[stage] = { ...outcome, ...busy !== undefined && { busyPerCent: busy }, findings };
    const cells = [STAGES[stage]!.title, ended, seconds.toFixed(1), limit.toFixed(0)];
    rows.push(`| ${[...cells, busy ?? "", (why ?? "").replaceAll("|", "\\|")].join(" | ")} |`);
    sections.push(...describe(stage, findings as Findings | undefined));
  }
  const page = [
    `# A GPU, checked${options.rehearse ? ": a rehearsal" : ""}`,
    "",
    "| stage | ended | s | of at most | GPU busy, % | why |",
    "| --- | --- | --: | --: | --: | --- |",
    ...rows,
    ...sections,
    "",
  ].join("\n");
  const write = (name: string, text: string) =>
    writeFileAtomically(join(out, name), new TextEncoder().encode(text));
  await write("summary.json", formatJson({ options, stages }));
  await write("summary.md", page);
}

// deno-lint-ignore no-explicit-any -- each stage has its own
type Findings = Record<string, any>;

/** The section of one stage's main numbers; nothing where it left none. */
function describe(stage: string, found: Findings | undefined): string[] {
  const lines = found === undefined ? [] : linesOf(stage, found);
  return lines.length === 0 ? [] : ["", `## ${STAGES[stage]!.title}`, "", ...lines];
}

/** What a GPU has computed wrongly may be no number at all: that costs the section, and no other stage. */
function linesOf(stage: string, found: Findings): readonly string[] {
  try {
    return DESCRIPTIONS[stage]?.(found) ?? [];
  } catch (error) {
    return [`${stage}.json has what cannot be shown here: ${(error as Error).message}.`];
  }
}

const DESCRIPTIONS: Readonly<Record<string, (found: Findings) => readonly string[]>> = {
  doctor: ({ nvidiaSmi, python, doctor }) => [
    ...[nvidiaSmi, python].filter((said) => said !== undefined).map((said) => `- ${said}`),
    ...(doctor?.webgpu ?? []).map((each: Findings) =>
      `- WebGPU: ${each.description}, float16 ${each.shaderF16 ? "yes" : "no"}, timestamps ` +
      `${each.timestampQuery ? "yes" : "no"}`
    ),
  ],
  variants: ({ layers, checked, wrong }) =>
    layers === undefined ? [] : [
      `${layers.length} convolutions, ${checked} variants checked; wrong: ${wrong.length}.`,
      ...wrong.map((each: string) => `- ${each}`),
    ],
  parity: ({ worst }) =>
    Object.values(worst ?? {}).map((each) =>
      `- largest relative error ${
        (each as Findings).error?.toExponential(1) ?? "that is no number"
      }, ${(each as Findings).tensor}`
    ),
  replay: ({ replayed, different, unsteady }) =>
    replayed === undefined ? [] : [
      `${Object.keys(replayed).length} tensors; different dispatch by dispatch: ${
        different?.length ?? "not over"
      }; different the second time: ${unsteady?.length ?? "not over"}.`,
    ],
  tuning: ({ table }) =>
    (table ?? []).map((each: Findings) =>
      `- ${each.convolution}: ${each.variant}, ${(1000 * each.seconds[each.variant]).toFixed(3)} ms`
    ),
  step: ({ f32, f16 }) =>
    Object.entries({ f32, "attack in f16": f16 }).flatMap(([name, each]) =>
      each?.ours === undefined ? [] : [
        `- ${name}: ${
          each.ours.imagesPerSecond.median.toFixed(1)
        } images/s, ${each.ours.dispatches} ` +
        `dispatches in ${each.ours.submissions} submissions`,
      ]
    ),
  pytorch: ({ seconds, failed }) => {
    const { ours, ...others } = (seconds ?? {}) as Record<string, number[]>;
    if (ours === undefined) return [];
    const mine = median(ours);
    return [
      `Ours: ${mine.toFixed(3)} s a step.`,
      "",
      ...Object.entries(others).map(([name, each]) =>
        `- PyTorch, ${name}: ${median(each).toFixed(3)} s, ours is at ${
          (median(each) / mine).toFixed(2)
        } of it`
      ),
      ...(failed ?? []).map((each: Findings) => `- PyTorch, ${each.contender}: ${each.error}`),
    ];
  },
  host: ({ host }) =>
    host === undefined ? [] : [`${host.milliseconds.median.toFixed(1)} ms a step.`],
  train: ({ plan, steps, epochs }) =>
    plan === undefined ? [] : [
      `${plan.images} images of ${plan.data}, ${epochs?.length ?? 0} of ${plan.epochs} epochs, ` +
      `${steps?.medianImagesPerSecond?.toFixed(1) ?? "no"} images/s in the median step.`,
    ],
  autoattack: ({ full, apgd }) => [
    ...full === undefined ? [] : [
      full.autoattack
        ? `AutoAttack leaves ${full.autoattack.correct} of ${full.autoattack.n} images, in ${
          full.seconds.toFixed(0)
        } s.`
        : `AutoAttack: ${full.interrupted}, which were ${full.seconds.toFixed(0)} s.`,
    ],
    ...(apgd ?? []).map(({ ours, pytorch }: Findings) =>
      `\nAPGD-CE, passes/s: ours ${(ours.passes / ours.seconds).toFixed(0)}, PyTorch in float32 ` +
      `without TF32 ${(pytorch.passes / pytorch.seconds).toFixed(0)}.`
    ),
  ],
  kernels: ({ layers }) =>
    (layers ?? []).map((each: Findings) =>
      `- ${each.mode} ${each.layer}: ${each.variants[0]?.variant}, ${
        each.variants[0]?.gflops.toFixed(0)
      } GFLOPS`
    ),
};
