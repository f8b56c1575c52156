/**
 * Convolutions on WebGPU in the slowest and most obvious way, one invocation for every result: what the engine around
 * the convolutions is tested with.
 *
 * @module
 */
import {
  type ConvolutionShape,
  outputSize,
} from "../../../src/backend/operations/convolution_shape.ts";
import {
  convolutionFlops,
  type ConvolutionMode,
  type ConvolutionVariant,
  type Epilogue,
} from "../../../src/backend/webgpu/convolution/shape.ts";
import { single } from "../../../src/backend/webgpu/program/kernel.ts";

/** The variant of `mode`, for every shape. */
export function naiveConvolution(mode: ConvolutionMode): ConvolutionVariant {
  return {
    mode,
    name: "naive",
    supports: (_, precision) => precision === "f32",
    lower(shape, _, epilogue) {
      const names = [
        ...OPERANDS[mode],
        ...(["bias", "add", "mask"] as const).filter((name) => epilogue[name]),
      ];
      const count = countOf(mode, shape);
      const code = [
        ...names.map((name, i) =>
          `@group(0) @binding(${i}) var<storage, read> ${name}: array<f32>;`
        ),
        `@group(0) @binding(${names.length}) var<storage, read_write> result: array<f32>;`,
        `@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= ${count}u) { return; }
  var sum = 0.0;
${loops(mode, shape)}
${finish(shape, epilogue)}
  result[i] = sum;
}`,
      ].join("\n");
      return single(
        {
          name: `naive ${mode}`,
          code,
          bindings: [...names.map(() => "read" as const), "write"],
          grid: [Math.ceil(count / 64), 1, 1],
          cost: {
            flops: convolutionFlops(shape),
            bytesRead: 4 * convolutionFlops(shape),
            bytesWritten: 4 * count,
            workgroupMemory: 0,
          },
        },
        names.length,
        1,
      );
    },
  };
}

const OPERANDS = {
  forward: ["image", "weights"],
  inputGradient: ["slope", "weights"],
  filterGradient: ["image", "slope"],
} as const;

function countOf(mode: ConvolutionMode, shape: ConvolutionShape): number {
  const { batch, height, width, inChannels, outChannels, kernel } = shape;
  const [high, wide] = outputSize(shape);
  return {
    forward: batch * high * wide * outChannels,
    inputGradient: batch * height * width * inChannels,
    filterGradient: kernel ** 2 * inChannels * outChannels,
  }[mode];
}

function loops(mode: ConvolutionMode, shape: ConvolutionShape): string {
  const { batch, height, width, inChannels: ci, outChannels: co, kernel, stride } = shape;
  const [high, wide] = outputSize(shape), pad = (kernel - 1) / 2;
  const taps = (body: string) => `
  for (var ky = 0; ky < ${kernel}; ky++) { for (var kx = 0; kx < ${kernel}; kx++) { ${body} } }`;
  const inside = `row >= 0 && row < ${height} && column >= 0 && column < ${width}`;
  switch (mode) {
    case "forward":
      return `let o = i % ${co}u; let p = i / ${co}u; let x = i32(p % ${wide}u);
  let y = i32(p / ${wide}u % ${high}u); let n = i32(p / ${wide * high}u);` + taps(`
    let row = y * ${stride} + ky - ${pad}; let column = x * ${stride} + kx - ${pad};
    if (${inside}) { for (var c = 0u; c < ${ci}u; c++) {
      sum += image[u32((n * ${height} + row) * ${width} + column) * ${ci}u + c] *
        weights[(u32(ky * ${kernel} + kx) * ${ci}u + c) * ${co}u + o];
    } }`);
    case "inputGradient":
      return `let c = i % ${ci}u; let p = i / ${ci}u; let column = i32(p % ${width}u);
  let row = i32(p / ${width}u % ${height}u); let n = i32(p / ${width * height}u);` + taps(`
    let y = row + ${pad} - ky; let x = column + ${pad} - kx;
    if (y >= 0 && x >= 0 && y % ${stride} == 0 && x % ${stride} == 0 &&
      y / ${stride} < ${high} && x / ${stride} < ${wide}) { for (var o = 0u; o < ${co}u; o++) {
      sum += slope[u32((n * ${high} + y / ${stride}) * ${wide} + x / ${stride}) * ${co}u + o] *
        weights[(u32(ky * ${kernel} + kx) * ${ci}u + c) * ${co}u + o];
    } }`);
    case "filterGradient":
      return `let o = i % ${co}u; let c = i / ${co}u % ${ci}u; let tap = i32(i / ${co * ci}u);
  let ky = tap / ${kernel}; let kx = tap % ${kernel};
  for (var n = 0; n < ${batch}; n++) { for (var y = 0; y < ${high}; y++) { for (var x = 0; x < ${wide}; x++) {
    let row = y * ${stride} + ky - ${pad}; let column = x * ${stride} + kx - ${pad};
    if (${inside}) {
      sum += image[u32((n * ${height} + row) * ${width} + column) * ${ci}u + c] *
        slope[u32((n * ${high} + y) * ${wide} + x) * ${co}u + o];
    }
  } } }`;
  }
}

function finish({ outChannels }: ConvolutionShape, epilogue: Epilogue): string {
  return [
    ...epilogue.bias ? [`sum += bias[i % ${outChannels}u];`] : [],
    ...epilogue.add ? ["sum += add[i];"] : [],
    ...epilogue.mask ? ["if (!(mask[i] > 0.0)) { sum = 0.0; }"] : [],
    ...epilogue.relu ? ["sum = max(sum, 0.0);"] : [],
  ].join("\n  ");
}
