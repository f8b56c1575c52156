/**
 * What every stage of `gpu-check` has to leave behind.
 *
 * @module
 */
import { join } from "@std/path";

/** Places of numbers greater than 0, or of text, in each stage's findings; `*` stands for every entry there. */
export const FIGURES: Readonly<Record<string, readonly string[]>> = {
  doctor: ["python", "nvidiaSmi", "doctor.webgpu.0.description"],
  variants: ["checked", "layers.*.errors.*"],
  parity: ["worst.*.error"],
  replay: ["replayed.loss", "single.loss"],
  tuning: ["table.*.variant", "table.*.seconds.*"],
  step: ["f32.ours.imagesPerSecond.median", "f32.ours.dispatches"],
  pytorch: ["pytorch.version", "seconds.*.*", "imagesPerSecond.*"],
  host: ["host.milliseconds.median", "host.imagesPerSecond.median"],
  train: ["plan.images", "steps.count", "steps.medianImagesPerSecond", "epochs.*.loss"],
  autoattack: [
    "full.seconds",
    "full.autoattack.n",
    "apgd.*.ours.seconds",
    "apgd.*.pytorch.seconds",
  ],
  kernels: ["layers.*.variants.*.gflops"],
};

/** What is not as it should be in the folder `results`, as parts of a sentence. */
export async function faultsOf(results: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [stage, places] of Object.entries(FIGURES)) {
    try {
      const findings = JSON.parse(await Deno.readTextFile(join(results, `${stage}.json`)));
      if (findings.finished !== true) faults.push(`${stage} is not finished`);
      for (const place of places) {
        const values = valuesAt(findings, place.split("."));
        if (values.length === 0 || !values.every(isFigure)) faults.push(`${stage} has no ${place}`);
      }
    } catch (error) {
      faults.push(`${stage}.json cannot be read: ${(error as Error).message}`);
    }
  }
  const page = await Deno.readTextFile(join(results, "summary.md")).catch(() => "");
  for (const title of ["# A GPU, checked", "## Every kernel's speed"]) {
    if (!page.includes(title)) faults.push(`summary.md has no "${title}"`);
  }
  const [nothing] = /.*\b(?:undefined|NaN|null)\b.*/.exec(page) ?? [];
  if (nothing !== undefined) faults.push(`summary.md says "${nothing}"`);
  return faults;
}

const isFigure = (value: unknown) =>
  typeof value === "string" ? value !== "" : Number.isFinite(value) && (value as number) > 0;

function valuesAt(value: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return [value];
  if (value === null || typeof value !== "object") return [];
  const nexts = step === "*" ? Object.values(value) : [(value as Record<string, unknown>)[step]];
  return nexts.flatMap((next) => valuesAt(next, rest));
}
