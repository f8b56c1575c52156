/**
 * The constants that the elementary functions are made of, computed once in integers: a `bigint` here is a real number
 * times `2^160`.
 *
 * @module
 */

const BITS = 160n;
const ONE = 1n << BITS;

/** Sum of `sign^i / ((2i+1) · n^(2i+1))`: the inverse hyperbolic tangent of `1/n` for `sign` 1, the inverse tangent for -1. */
function inverseTangent(n: bigint, sign: bigint): bigint {
  let power = ONE / n, sum = 0n;
  for (let i = 0n; power !== 0n; i++, power = sign * power / (n * n)) sum += power / (2n * i + 1n);
  return sum;
}

/** `Σ x^i / i!` over every `stride`-th `i` from `first` on, with alternating signs for `sign` -1. */
function series(x: bigint, first: number, stride: number, sign: bigint): bigint {
  let term = ONE, sum = 0n;
  for (let i = 0; term !== 0n; i++, term = term * x / ONE / BigInt(i)) {
    if (i < first || (i - first) % stride !== 0) continue;
    sum += (i - first) / stride % 2 === 0 ? term : sign * term;
  }
  return sum;
}

/** The natural logarithm of 2. */
export const LN2: bigint = 2n * inverseTangent(3n, 1n);

/** π by Machin's formula. */
const PI = 4n * (4n * inverseTangent(5n, -1n) - inverseTangent(239n, -1n));

/** The angle of a whole turn, 2π. */
export const TURN: bigint = 2n * PI;

/** The natural logarithm of `2^exponent / n` for every `n` from `2^exponent` down to half of it. */
export function logarithmsBelow(exponent: number): bigint[] {
  const logs = [0n];
  for (let n = (1 << exponent) - 1; n >= 1 << (exponent - 1); n--) {
    logs.push(logs.at(-1)! + 2n * inverseTangent(BigInt(2 * n + 1), 1n)); // log((n+1)/n)
  }
  return logs;
}

/** `2^(i/n)` for `i` in 0..n-1. */
export function rootsOfTwo(n: number): bigint[] {
  const root = series(LN2 / BigInt(n), 0, 1, 1n), powers = [ONE];
  while (powers.length < n) powers.push(powers.at(-1)! * root / ONE);
  return powers;
}

/** Sine and cosine of `i/n` of a turn, for `i` in 0..last. */
export function turnTable(n: number, last: number): { sine: bigint; cosine: bigint }[] {
  const angle = TURN / BigInt(n);
  const s = series(angle, 1, 2, -1n), c = series(angle, 0, 2, -1n);
  const table = [{ sine: 0n, cosine: ONE }];
  while (table.length <= last) {
    const { sine, cosine } = table.at(-1)!;
    table.push({ sine: (sine * c + cosine * s) / ONE, cosine: (cosine * c - sine * s) / ONE });
  }
  return table;
}

/** `value` as the sum of the nearest multiple of `2^-bits`, which is exact, and a rest. */
export function split(value: bigint, bits: number): [head: number, rest: number] {
  const shift = BITS - BigInt(bits), head = (value + (1n << shift - 1n)) >> shift;
  return [toNumber(head, bits), toNumber(value - (head << shift), Number(BITS))];
}

/** `value / 2^bits`. */
function toNumber(value: bigint, bits: number): number {
  let number = Number(value);
  for (let i = 0; i < bits; i++) number /= 2;
  return number;
}
