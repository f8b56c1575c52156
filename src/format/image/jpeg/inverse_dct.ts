/**
 * From coefficients to samples, rounded as libjpeg's accurate integer method (`jidctint.c`) rounds.
 *
 * @module
 */
import type { Component } from "./frame.ts";

/** Samples of one component. */
export interface Plane {
  /** Samples that belong to the image. */
  readonly width: number;
  /** As `width`. */
  readonly height: number;
  /** Samples from one row to the next. */
  readonly stride: number;
  readonly samples: Uint8Array;
}

/** Cosines, 13 bits behind the point. */
export const COSINES = {
  ...{ c0298: 2446, c0390: 3196, c0541: 4433, c0765: 6270, c0899: 7373, c1175: 9633 },
  ...{ c1501: 12299, c1847: 15137, c1961: 16069, c2053: 16819, c2562: 20995, c3072: 25172 },
} as const;

const C = COSINES;

/** The samples of `component`, whose coefficients are in units of `table`. */
export function planeOf(component: Component, table: Int32Array): Plane {
  const { width, height, blocksAcross, blocksDown, coefficients } = component;
  const stride = 8 * blocksAcross, samples = new Uint8Array(64 * blocksAcross * blocksDown);
  const values = new Int32Array(64);
  for (let row = 0, from = 0; row < blocksDown; row++) {
    for (let column = 0; column < blocksAcross; column++, from += 64) {
      for (let i = 0; i < 64; i++) values[i] = coefficients[from + i]! * table[i]!;
      for (let i = 0; i < 8; i++) transform(values, i, 8, 11);
      for (let i = 0; i < 64; i += 8) transform(values, i, 1, 18);
      const to = 8 * (row * stride + column);
      for (let i = 0; i < 64; i++) {
        const value = values[i]! + 128;
        samples[to + (i >> 3) * stride + (i & 7)] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  }
  return { width, height, stride, samples };
}

/** Eight values `step` apart, in place, rounded off by `shift` bits. */
function transform(v: Int32Array, at: number, step: number, shift: number): void {
  const i1 = at + step, i2 = i1 + step, i3 = i2 + step, i4 = i3 + step;
  const i5 = i4 + step, i6 = i5 + step, i7 = i6 + step;
  const v1 = v[i1]!, v2 = v[i2]!, v3 = v[i3]!, v4 = v[i4]!, v5 = v[i5]!, v6 = v[i6]!, v7 = v[i7]!;
  const round = 1 << (shift - 1);
  if ((v1 | v2 | v3 | v4 | v5 | v6 | v7) === 0) {
    const value = ((v[at]! << 13) + round) >> shift;
    v[at] =
      v[i1] =
      v[i2] =
      v[i3] =
      v[i4] =
      v[i5] =
      v[i6] =
      v[i7] =
        value;
    return;
  }
  const even = (v2 + v6) * C.c0541;
  const e2 = even - v6 * C.c1847, e3 = even + v2 * C.c0765;
  const e0 = (v[at]! + v4) << 13, e1 = (v[at]! - v4) << 13;
  const s0 = e0 + e3 + round, s3 = e0 - e3 + round, s1 = e1 + e2 + round, s2 = e1 - e2 + round;
  const z5 = (v7 + v3 + v5 + v1) * C.c1175;
  const z1 = -(v7 + v1) * C.c0899, z2 = -(v5 + v3) * C.c2562;
  const z3 = z5 - (v7 + v3) * C.c1961, z4 = z5 - (v5 + v1) * C.c0390;
  const o0 = v7 * C.c0298 + z1 + z3, o1 = v5 * C.c2053 + z2 + z4;
  const o2 = v3 * C.c3072 + z2 + z3, o3 = v1 * C.c1501 + z1 + z4;
  v[at] = (s0 + o3) >> shift;
  v[i7] = (s0 - o3) >> shift;
  v[i1] = (s1 + o2) >> shift;
  v[i6] = (s1 - o2) >> shift;
  v[i2] = (s2 + o1) >> shift;
  v[i5] = (s2 - o1) >> shift;
  v[i3] = (s3 + o0) >> shift;
  v[i4] = (s3 - o0) >> shift;
}
