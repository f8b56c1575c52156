/**
 * The inner product of kernels whose workgroups share tiles of both operands in their memory: every invocation keeps a part
 * of the result in registers, and adds to it the products of all rows of the tiles.
 *
 * WGSL checks an index into workgroup memory unless it is a constant. Therefore tiles are arrays of rows and all products
 * are written out: a row is a constant in the code, and the place in it is checked once for all rows.
 *
 * @module
 */
import { range } from "../program/wgsl.ts";
import { type Precision, quadType } from "./shape.ts";

/** Rows of both tiles, and quads of rows. */
export const DEPTH = 16, DEPTH_QUADS = DEPTH / 4;

/** The invocations of a workgroup, and the quads of rows and of columns of the result that each of them computes. */
export interface WorkgroupTile {
  /** Invocations down and across. */
  readonly down: number;
  readonly across: number;
  readonly rowQuads: number;
  readonly columnQuads: number;
}

/** One value for every four columns of a tile's row, of which an invocation brings those of `together` rows. */
export interface Operand {
  /** In a row. */
  readonly quads: number;
  /** Rows that one invocation writes, one below the other; a divisor of {@linkcode DEPTH}. */
  readonly together: number;
  /** WGSL of quad `quad` of row `together · set + i`. */
  at(set: string, i: number, quad: string): string;
}

/** Both tiles, and what is made of them. */
export interface WorkgroupProduct {
  readonly threads: number;
  /** Transposed: its columns are rows of the result. */
  readonly left: Operand;
  readonly right: Operand;
  /** Bytes of workgroup memory. */
  readonly bytes: number;
  /** WGSL that declares the tiles. */
  readonly declarations: string;
  /** Statements that give every sum the value zero. */
  readonly zeros: readonly string[];
  /** Statements that add the products of all rows, in their order; they see `down` and `across`. */
  readonly products: readonly string[];
  /** Row `4·(down + r·tile.down) + i` of the result, four columns from `4·(across + c·tile.across)`. */
  readonly sums: readonly {
    readonly name: string;
    readonly r: number;
    readonly i: number;
    readonly c: number;
  }[];
}

/**
 * The product of the tiles of a workgroup.
 *
 * @param together of the left and of the right operand
 * @param padding quads after each row of the left operand: where neighbours write into several rows at once, one more lets
 * the rows begin in different banks
 */
export function workgroupProduct(
  { down, across, rowQuads, columnQuads }: WorkgroupTile,
  precision: Precision,
  together: readonly [left: number, right: number],
  padding = 0,
): WorkgroupProduct {
  const type = quadType(precision);
  const left = operand("left", down * rowQuads, together[0]);
  const right = operand("right", across * columnQuads, together[1]);
  const pitch = left.quads + padding;
  const declare = (name: string, { together }: Operand, pitch: number) =>
    `var<workgroup> ${name}: array<array<array<${type}, ${pitch}>, ${
      DEPTH / together
    }>, ${together}>;`;
  const rows = range(rowQuads), columns = range(columnQuads);
  const sums = rows.flatMap((r) =>
    range(4).flatMap((i) => columns.map((c) => ({ r, i, c, name: `sum${4 * r + i}_${c}` })))
  );
  const row = (operand: Operand, k: number, quad: string) =>
    `vec4f(${operand.at(`${Math.floor(k / operand.together)}`, k % operand.together, quad)})`;
  return {
    threads: down * across,
    left,
    right,
    bytes: DEPTH * (pitch + right.quads) * (precision === "f16" ? 8 : 16),
    declarations: [declare("left", left, pitch), declare("right", right, right.quads)].join("\n"),
    zeros: sums.map(({ name }) => `var ${name} = vec4f();`),
    products: range(DEPTH).flatMap((k) => [
      ...rows.map((r) => `let l${k}_${r} = ${row(left, k, `down + ${r * down}u`)};`),
      ...columns.map((c) => `let r${k}_${c} = ${row(right, k, `across + ${c * across}u`)};`),
      ...sums.map(({ r, i, c, name }) =>
        `${name} = fma(vec4f(l${k}_${r}[${i}]), r${k}_${c}, ${name});`
      ),
    ]),
    sums,
  };
}

function operand(name: string, quads: number, together: number): Operand {
  return { quads, together, at: (set, i, quad) => `${name}[${i}][${set}][${quad}]` };
}
