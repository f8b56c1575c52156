/**
 * The sum over pixels of a filter gradient, cut into parts that run at once and are added afterwards in a fixed order.
 *
 * @module
 */
import { linearGrid } from "../../program/grid.ts";
import {
  floats,
  type Kernel,
  type Operand,
  output,
  scratch,
  type Storage,
} from "../../program/kernel.ts";
import { vectorWidth } from "../../program/wgsl.ts";

/** Bytes that the partial sums may take: more parts than fit are not made. */
const SCRATCH_BYTES = 2 ** 26;

const WORKGROUP = 64;

/** `total` pieces of a sum in `parts` of `each`, the last one maybe shorter. */
export interface Split {
  readonly total: number;
  readonly parts: number;
  readonly each: number;
}

/**
 * Cuts `total` pieces into about `wanted` parts of at least `least` pieces; each part leaves `values` partial sums.
 * Parts are whole multiples of `unit` pieces.
 */
export function splitSum(
  total: number,
  { wanted, least, unit, values }: {
    readonly wanted: number;
    readonly least: number;
    readonly unit: number;
    readonly values: number;
  },
): Split {
  const most = Math.min(
    wanted,
    Math.floor(total / least),
    Math.floor(SCRATCH_BYTES / (4 * values)),
  );
  const each = unit * Math.ceil(total / Math.max(1, most) / unit);
  return { total, parts: Math.ceil(total / each), each };
}

/** Where partial sums of `values` floats go: scratch `index`, or the output itself if there is one part. */
export function partialSums(
  { parts }: Split,
  values: number,
  index: number,
): {
  readonly operand: Operand;
  readonly storage: readonly Storage[];
  /** The dispatches that add them. */
  readonly sum: readonly { readonly kernel: Kernel; readonly operands: readonly Operand[] }[];
} {
  if (parts === 1) return { operand: output(0), storage: [], sum: [] };
  return {
    operand: scratch(index),
    storage: [floats(parts * values)],
    sum: [{ kernel: sumParts(parts, values), operands: [scratch(index), output(0)] }],
  };
}

/** `result[i] = Σ parts[p][i]`, in the order of `p`. Bindings: parts, result. */
function sumParts(parts: number, values: number): Kernel {
  const { type } = vectorWidth(values);
  const count = type === "vec4f" ? values / 4 : values;
  const { grid, index } = linearGrid(Math.ceil(count / WORKGROUP));
  return {
    name: `sum of ${parts}×${values}`,
    code: `
@group(0) @binding(0) var<storage, read> parts: array<${type}>;
@group(0) @binding(1) var<storage, read_write> result: array<${type}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = ${index} * ${WORKGROUP}u + local;
  if (i >= ${count}u) { return; }
  var sum = parts[i];
  for (var part = 1u; part < ${parts}u; part++) {
    sum += parts[part * ${count}u + i];
  }
  result[i] = sum;
}
`,
    bindings: ["read", "write"],
    grid,
    cost: {
      flops: (parts - 1) * values,
      bytesRead: 4 * parts * values,
      bytesWritten: 4 * values,
      workgroupMemory: 0,
    },
  };
}
