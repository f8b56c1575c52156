/**
 * Operations without code, for tests of what is done with operations.
 *
 * @module
 */
import {
  input,
  type Kernel,
  type Lowered,
  output,
  scratch,
} from "../../../src/backend/webgpu/program/kernel.ts";

function kernel(name: string, reads: number, writes: number): Kernel {
  return {
    name,
    code: name,
    bindings: [...Array(reads).fill("read"), ...Array(writes).fill("write")],
    grid: [1, 1, 1],
    cost: { flops: 0, bytesRead: 0, bytesWritten: 0, workgroupMemory: 0 },
  };
}

/** An operation `name` of one dispatch. */
export function oneDispatch(name: string, inputs: number, outputs: number): Lowered {
  const operands = [
    ...Array.from({ length: inputs }, (_, i) => input(i)),
    ...Array.from({ length: outputs }, (_, i) => output(i)),
  ];
  return { scratch: [], dispatches: [{ kernel: kernel(name, inputs, outputs), operands }] };
}

/** An operation `name` of two dispatches, the first of which leaves something in scratch memory of `bytes`. */
export function twoDispatches(name: string, inputs: number, bytes: number): Lowered {
  const all = Array.from({ length: inputs }, (_, i) => input(i));
  return {
    scratch: [{ kind: "buffer", bytes }],
    dispatches: [
      { kernel: kernel(`${name} 1`, inputs, 1), operands: [...all, scratch(0)] },
      { kernel: kernel(`${name} 2`, 1, 1), operands: [scratch(0), output(0)] },
    ],
  };
}
