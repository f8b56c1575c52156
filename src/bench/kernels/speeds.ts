/**
 * Every variant of every convolution of ResNet-18 against tfjs's own, in turns.
 *
 * @module
 */
import type { ConvolutionShape } from "../../backend/operations/convolution_shape.ts";
import { CATALOGUE, variantsFor } from "../../backend/webgpu/convolution/catalogue.ts";
import { convolutionFlops, type ConvolutionMode } from "../../backend/webgpu/convolution/shape.ts";
import { KernelDevice, traitsOf } from "../../backend/webgpu/program/device.ts";
import { MODES, type TimedConvolution, timeStock, timeVariant } from "./convolutions.ts";
import { type Engines, guardAll } from "../engines.ts";
import type { BenchLayer } from "./layers.ts";
import { geometricMean, median, type Spread, spreadOf } from "../statistics.ts";

/** How long something took, in whole runs. */
export interface Speed {
  readonly milliseconds: Spread;
  /** At the median; padding counts as if it were image, and Winograd as if it were direct. */
  readonly gflops: number;
}

/** One variant of ours. */
export interface VariantSpeed extends Speed {
  readonly variant: string;
  /** How many times as fast as tfjs, pair by pair; with tfjs beside it only. */
  readonly ratio?: Spread;
}

/** One layer's convolution in one mode. */
export interface LayerSpeed {
  readonly mode: ConvolutionMode;
  readonly layer: string;
  readonly main: boolean;
  readonly shape: ConvolutionShape;
  /** Fastest first. */
  readonly variants: readonly VariantSpeed[];
  readonly stock?: Speed;
}

/** The fastest variants of several layers against tfjs. */
export interface RatioSummary {
  readonly of: string;
  readonly geometricMean: number;
  readonly least: number;
}

/**
 * Times `layers` in every mode: all variants of ours, and tfjs's kernels if both are open. Each round takes one sample of
 * everybody.
 *
 * @param progress told what is measured next
 * @throws {RunError} if a device fails
 */
export async function measureKernels(
  layers: readonly BenchLayer[],
  engines: Engines,
  pairs: number,
  progress: (layer: string) => void,
): Promise<LayerSpeed[]> {
  const { ours: { tfjs: { device } }, stock, software } = engines;
  const kernels = new KernelDevice(device), host = { traits: traitsOf(device), software };
  const speeds: LayerSpeed[] = [];
  for (const mode of MODES) {
    for (const { name, shape, main } of layers) {
      progress(`${mode} ${name}`);
      const variants = variantsFor(CATALOGUE, { mode, shape, precision: "f32" }, host);
      const timed = variants.map((variant) => timeVariant(kernels, variant, shape));
      const rival = stock && await timeStock(stock, mode, shape);
      const everybody = [...timed, ...rival ? [rival] : []];
      const seconds = await guardAll(engines, takeTurns(everybody, pairs));
      const stockSeconds = rival && seconds.pop()!;
      const speedOf = (each: readonly number[]): Speed => ({
        milliseconds: spreadOf(each.map((value) => 1000 * value)),
        gflops: convolutionFlops(shape) / median(each) / 1e9,
      });
      const results = seconds.map((each, i): VariantSpeed => ({
        variant: variants[i]!.name,
        ...speedOf(each),
        ...stockSeconds &&
          { ratio: spreadOf(each.map((value, pair) => stockSeconds[pair]! / value)) },
      }));
      speeds.push({
        mode,
        layer: name,
        main,
        shape,
        variants: results.sort((a, b) => b.gflops - a.gflops),
        ...stockSeconds && { stock: speedOf(stockSeconds) },
      });
    }
  }
  return speeds;
}

/** Samples of everybody, `rounds` of each, and frees them. */
async function takeTurns(timed: readonly TimedConvolution[], rounds: number): Promise<number[][]> {
  for (const { sampler } of timed) await sampler.warmUp();
  const samples = timed.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { sampler }] of timed.entries()) samples[i]!.push(await sampler.sample());
  }
  timed.forEach((each) => each.dispose());
  return samples;
}

/** Geometric means of the median ratios of each layer's fastest variant; nothing without tfjs beside it. */
export function summariseSpeeds(speeds: readonly LayerSpeed[]): RatioSummary[] {
  const summary = (of: string, belongs: (speed: LayerSpeed) => boolean): RatioSummary[] => {
    const ratios = speeds.filter(belongs).flatMap(({ variants }) =>
      variants[0]?.ratio?.median ?? []
    );
    if (ratios.length === 0) return [];
    return [{ of, geometricMean: geometricMean(ratios), least: Math.min(...ratios) }];
  };
  return [
    ...MODES.flatMap((mode) =>
      summary(`3x3, ${mode}`, (speed) => speed.main && speed.mode === mode)
    ),
    ...MODES.flatMap((mode) =>
      summary(`stem, stride 2 and 1x1, ${mode}`, (speed) => !speed.main && speed.mode === mode)
    ),
    ...summary("stem, stride 2 and 1x1, all modes", (speed) => !speed.main),
  ];
}
