/**
 * Every variant of every convolution of the network on random operands, against float64.
 *
 * @module
 */
import { CATALOGUE } from "../../../src/backend/webgpu/convolution/catalogue.ts";
import {
  type Convolution,
  type ConvolutionVariant,
  operandSizes,
  PLAIN,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import {
  randomOperand,
  sampleResult,
  TOLERANCE,
  worstError,
} from "../../../src/backend/webgpu/tuning/check.ts";
import { MODES } from "../../../src/bench/kernels/convolutions.ts";
import { KernelBench } from "../../../tests/testing/webgpu/kernels.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { layersOf } from "../sizes.ts";

/** Runs it; float16 comes after all of float32. */
export async function run(notebook: Notebook): Promise<void> {
  const { features } = (await openAdapter(notebook)).adapter;
  const { rehearse } = notebook.context;
  const bench = await KernelBench.open();
  const wrong: string[] = [];
  let checked = 0;
  const precisions = features.has("shader-f16") && !rehearse
    ? ["f32", "f16"] as const
    : ["f32"] as const;
  for (const precision of precisions) {
    for (const mode of MODES) {
      for (const { name, shape } of layersOf(notebook.sizes, notebook.sizes.checkedBatch)) {
        const able = CATALOGUE[mode].filter((each) =>
          each.supports(shape, precision, bench.traits)
        );
        // The larger tiles are the code of the smaller with other numbers, and slow to compile in software.
        const variants = rehearse ? able.slice(0, 2) : able;
        const errors = await errorsOf(bench, variants, { mode, shape, precision });
        for (const [variant, error] of Object.entries(errors)) {
          checked++;
          const bad = typeof error === "string" || !(error <= TOLERANCE[precision]);
          if (bad) wrong.push(`${precision} ${mode} ${name}, ${variant}: ${error}`);
        }
        await notebook.note("checked", checked);
        await notebook.note("wrong", wrong);
        await notebook.add("layers", { precision, mode, layer: name, errors });
        console.log(`${precision} ${mode} ${name}: ${describe(errors)}`);
      }
    }
  }
  bench.close();
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${checked} are wrong: ${wrong[0]}`);
}

/** The largest error of each of `variants` as a share of the largest result, or what the device said instead. */
async function errorsOf(
  bench: KernelBench,
  variants: readonly ConvolutionVariant[],
  { mode, shape, precision }: Convolution,
): Promise<Record<string, number | string>> {
  const [firstSize, secondSize] = operandSizes(mode, shape);
  const first = randomOperand(firstSize, 1), second = randomOperand(secondSize, 2);
  const { indices, values } = sampleResult(mode, shape, first, second);
  const errors: Record<string, number | string> = {};
  for (const variant of variants) {
    try {
      const result = await bench.convolve(variant, shape, precision, PLAIN, [first, second]);
      errors[variant.name] = result.every(Number.isFinite)
        ? worstError(Float32Array.from(indices, (index) => result[index]!), values)
        : "it leaves out results, or they are not finite";
    } catch (error) {
      errors[variant.name] = (error as Error).message;
    }
  }
  return errors;
}

function describe(errors: Readonly<Record<string, number | string>>): string {
  const numbers = Object.values(errors).filter((error) => typeof error === "number");
  const bad = Object.entries(errors).filter(([, error]) => typeof error === "string");
  return `${numbers.length} variants, error at most ${Math.max(0, ...numbers).toExponential(1)}` +
    bad.map(([name, error]) => `; ${name}: ${error}`).join("");
}
