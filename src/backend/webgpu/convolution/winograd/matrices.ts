/**
 * The matrices of Winograd's F(4×4,3×3) (Lavin & Gray 2016, arXiv 1509.09308), and the products `matrix · d · matrixᵀ` as
 * WGSL.
 *
 * @module
 */
import { range } from "../../program/wgsl.ts";

/**
 * `Bᵀ`. Its rows but the last are the usual ones divided by four, and those of `G` are multiplied by it: that is exact,
 * and makes U about as large as the filter and V as the image, so that float16 holds them.
 */
export const INPUT = [
  [1, 0, -5 / 4, 0, 1 / 4, 0],
  [0, -1, -1, 1 / 4, 1 / 4, 0],
  [0, 1, -1, -1 / 4, 1 / 4, 0],
  [0, -1 / 2, -1 / 4, 1 / 2, 1 / 4, 0],
  [0, 1 / 2, -1 / 4, -1 / 2, 1 / 4, 0],
  [0, 4, 0, -5, 0, 1],
];
/** `G`. */
export const FILTER = [
  [1, 0, 0],
  [-2 / 3, -2 / 3, -2 / 3],
  [-2 / 3, 2 / 3, -2 / 3],
  [1 / 6, 1 / 3, 2 / 3],
  [1 / 6, -1 / 3, 2 / 3],
  [0, 0, 1],
];
/** `Aᵀ`. */
export const OUTPUT = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** WGSL of `store(i, j, (matrix · d · matrixᵀ)[i][j])` for the square `d` whose values are called `d(i, j)`. */
export function sandwich(
  matrix: readonly (readonly number[])[],
  d: (i: number, j: number) => string,
  store: (i: number, j: number, value: string) => string,
): string[] {
  const inner = range(matrix[0]!.length), outer = range(matrix.length);
  return [
    ...outer.flatMap((i) =>
      inner.map((j) => `let t${i}_${j} = ${combine(matrix[i]!, inner.map((k) => d(k, j)))};`)
    ),
    ...outer.flatMap((i) =>
      outer.map((j) => store(i, j, combine(matrix[j]!, inner.map((k) => `t${i}_${k}`))))
    ),
  ];
}

/** WGSL of `Σ factors[i]·terms[i]`. */
function combine(factors: readonly number[], terms: readonly string[]): string {
  return factors.reduce((sum, factor, i) => {
    if (factor === 0) return sum;
    const size = Math.abs(factor), term = size === 1 ? terms[i]! : `${size} * ${terms[i]}`;
    if (sum === "") return factor < 0 ? `-${term}` : term;
    return `${sum} ${factor < 0 ? "-" : "+"} ${term}`;
  }, "");
}

/** Additions and multiplications of {@linkcode sandwich}. */
export function sandwichFlops(matrix: readonly (readonly number[])[]): number {
  const row = matrix.reduce((sum, factors) => {
    const used = factors.filter((factor) => factor !== 0);
    return sum + used.length - 1 + used.filter((factor) => Math.abs(factor) !== 1).length;
  }, 0);
  return row * (matrix[0]!.length + matrix.length);
}
