/**
 * What follows a convolution's sum, and the writing of its result.
 *
 * @module
 */
import type { BindingKind } from "../program/kernel.ts";
import { type Lanes, vectorWidth } from "../program/wgsl.ts";
import type { Gather } from "./gather/gather.ts";
import type { Epilogue } from "./shape.ts";

/** WGSL and bindings of an epilogue. */
export interface EpilogueText {
  /** Declares the bindings and `finish(pixel, channel, sums)`: some channels of one pixel, the first a multiple of as many. */
  readonly code: string;
  /** Those of the epilogue's inputs, then the result's. */
  readonly bindings: readonly BindingKind[];
  /** Bytes that it reads and writes in all. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** The epilogue of `gather` for `lanes` channels at once; its bindings begin at `first`. */
export function epilogueText(
  gather: Gather,
  epilogue: Epilogue,
  first: number,
  lanes: Lanes = 4,
): EpilogueText {
  const { channels } = gather;
  const whole = channels % 4 === 0;
  const { type } = vectorWidth(channels, lanes);
  const inputs = (["bias", "add", "mask"] as const).filter((name) => epilogue[name]);
  const declarations = inputs.map((name, i) =>
    `@group(0) @binding(${first + i}) var<storage, read> ${name}: array<${type}>;`
  );
  declarations.push(
    `@group(0) @binding(${first + inputs.length}) var<storage, read_write> result: array<${type}>;`,
  );
  const steps = (at: string, channel: string) => [
    ...epilogue.bias ? [`value += bias[${channel}];`] : [],
    ...epilogue.add ? [`value += add[${at}];`] : [],
    ...epilogue.relu ? [`value = max(value, ${type}());`] : [],
    ...epilogue.mask ? [`value = select(${type}(), value, mask[${at}] > ${type}());`] : [],
    `result[${at}] = value;`,
  ];
  const body = whole
    ? `  let at = pixel * ${channels / lanes}u + channel / ${lanes}u;
  var value = sums;
  ${steps("at", `channel / ${lanes}u`).join("\n  ")}`
    : `  for (var i = 0u; i < min(${lanes}u, ${channels}u - channel); i++) {
    let at = pixel * ${channels}u + channel + i;
    var value = sums[i];
    ${steps("at", "channel + i").join("\n    ")}
  }`;
  const bytes = 4 * gather.batch * gather.rows * gather.columns * channels;
  return {
    code: `${declarations.join("\n")}

fn finish(pixel: u32, channel: u32, sums: vec${lanes}f) {
${body}
}`,
    bindings: [...inputs.map(() => "read" as const), "write"],
    bytesRead: bytes * inputs.length,
    bytesWritten: bytes,
  };
}
