/**
 * From samples to coefficients, rounded as libjpeg's accurate integer method (`jfdctint.c`) rounds.
 *
 * @module
 */
import { COSINES as C } from "./inverse_dct.ts";

/** The coefficients of 8×8 samples around 0, in rows, in place; eight times as large as they are. */
export function forwardTransform(values: Int32Array): void {
  for (let i = 0; i < 64; i += 8) transform(values, i, 1, 11, 2);
  for (let i = 0; i < 8; i++) transform(values, i, 8, 15, -2);
}

/** Eight values `step` apart, in place, rounded off by `shift` bits; the sums without a cosine are `raised` by bits. */
function transform(v: Int32Array, at: number, step: number, shift: number, raised: number): void {
  const [a0, a1, a2, a3, a4, a5, a6, a7] = Array.from(
    { length: 8 },
    (_, i) => v[at + i * step]!,
  ) as [number, number, number, number, number, number, number, number];
  const put = (place: number, value: number) => {
    v[at + place * step] = (value + (1 << (shift - 1))) >> shift;
  };
  const plain = (place: number, value: number) => {
    v[at + place * step] = raised > 0 ? value << raised : (value + (1 << (-raised - 1))) >> -raised;
  };
  const s0 = a0 + a7, s1 = a1 + a6, s2 = a2 + a5, s3 = a3 + a4;
  plain(0, s0 + s3 + s1 + s2);
  plain(4, s0 + s3 - s1 - s2);
  const outer = s0 - s3, inner = s1 - s2, even = (inner + outer) * C.c0541;
  put(2, even + outer * C.c0765);
  put(6, even - inner * C.c1847);
  const d4 = a3 - a4, d5 = a2 - a5, d6 = a1 - a6, d7 = a0 - a7;
  const z5 = (d4 + d6 + d5 + d7) * C.c1175;
  const z1 = -(d4 + d7) * C.c0899, z2 = -(d5 + d6) * C.c2562;
  const z3 = z5 - (d4 + d6) * C.c1961, z4 = z5 - (d5 + d7) * C.c0390;
  put(7, d4 * C.c0298 + z1 + z3);
  put(5, d5 * C.c2053 + z2 + z4);
  put(3, d6 * C.c3072 + z2 + z3);
  put(1, d7 * C.c1501 + z1 + z4);
}
