/** Timings as a tuner keeps them. */
import type { TuningEntry, TuningResult } from "../../src/backend/webgpu/tuning/store.ts";

const MEASUREMENT: TuningResult = {
  variant: "texture-2x4x8",
  seconds: { "register-2x4x8": 0.0123456, "texture-2x4x8": 0.0012345, "tile-64x64": 0.00987 },
  excluded: { "winograd-texture": "its results are wrong by 4e-1 of the largest" },
  kernels: 1,
  measured: "2024-05-06T07:08:09.000Z",
};
/** Of two devices, in the order in which they are listed. */
export const ENTRIES: readonly TuningEntry[] = [
  { device: "another", convolution: "forward 8x4x4x4 12 k3 s1 f32", ...MEASUREMENT },
  { device: "one", convolution: "forward 8x4x4x4 12 k1 s1 f32", ...MEASUREMENT, excluded: {} },
  {
    ...{ device: "one", convolution: "inputGradient 8x4x4x4 12 k1 s1 f32", ...MEASUREMENT },
    ...{ seconds: { "texture-2x4x8": 1.5 }, excluded: {} },
  },
];

/** The same as a table. */
export const TABLE = `another
  forward 8x4x4x4 12 k3 s1 f32        texture-2x4x8: 1.23 ms (tile-64x64 9.87 ms, register-2x4x8 12.3 ms)
    without winograd-texture: its results are wrong by 4e-1 of the largest
one
  forward 8x4x4x4 12 k1 s1 f32        texture-2x4x8: 1.23 ms (tile-64x64 9.87 ms, register-2x4x8 12.3 ms)
  inputGradient 8x4x4x4 12 k1 s1 f32  texture-2x4x8: 1500 ms`;
