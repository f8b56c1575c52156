/**
 * What a paper says of its methods' order, and whether the results say so too.
 *
 * @module
 */
import { excludesZero, type Interval } from "../../statistics/interval.ts";
import type { ResultTable } from "./results.ts";

/** An order of rows that was published. */
export interface Claim {
  /** The claim in words. */
  readonly text: string;
  /** The column whose accuracies fall in this order. */
  readonly column: string;
  /** Names of rows, the most accurate first. */
  readonly order: readonly string[];
  /** A column in which the neighbours are said to be equal. */
  readonly equal?: string | undefined;
}

/** Two neighbours of a claim in one column. */
export interface ClaimStep {
  readonly column: string;
  readonly first: string;
  readonly second: string;
  readonly difference: number;
  /** Paired t interval over seeds. */
  readonly overSeeds?: Interval | undefined;
  /** The seeds that the difference is of, where one of the two has others besides. */
  readonly commonSeeds?: readonly number[];
}

/** What the results say of a claim. */
export interface Judgement {
  /**
   * `yes`: every mean is in its place, and so is every paired difference; `no`: one is not; `unknown`: one was not measured,
   * or the means of all seeds and the difference of those that both have say opposite things, or two that are said to be
   * equal are not, and no interval says by how much chance would part them.
   */
  readonly holds: "yes" | "no" | "unknown";
  /** Whether every step of the order is larger than chance among seeds would make it (its 95 % interval is above 0). */
  readonly beyondChance: boolean;
  readonly steps: readonly ClaimStep[];
}

/** A claim with what the results say of it. */
export type JudgedClaim = Claim & Judgement;

/** Judges each of `claims` by the means and paired differences in `table`. */
export function judgeClaims(
  claims: readonly Claim[],
  table: Pick<ResultTable, "rows" | "differences">,
): JudgedClaim[] {
  return claims.map((claim) => {
    const ordered = stepsOf(claim.order, claim.column, table);
    const equal = claim.equal === undefined ? [] : stepsOf(claim.order, claim.equal, table);
    const steps = [...ordered, ...equal];
    const columns = claim.equal === undefined ? 1 : 2;
    const complete = steps.length === columns * (claim.order.length - 1);
    const settled = ordered.filter((step) => !contradictsMeans(step, table));
    const contradicted = settled.length < ordered.length;
    const refuted = settled.some(({ difference }) => difference <= 0);
    // Two that differ beyond chance are not equal.
    const unequal = equal.some(({ overSeeds }) => overSeeds && excludesZero(overSeeds));
    const open = contradicted || equal.some(isUnsettled);
    return {
      ...claim,
      holds: !complete ? "unknown" : refuted || unequal ? "no" : open ? "unknown" : "yes",
      beyondChance: complete && !contradicted &&
        ordered.every(({ overSeeds }) => (overSeeds?.low ?? 0) > 0),
      steps,
    };
  });
}

/** Whether nobody can tell if a step's two are equal: they differ, and no interval says by how much chance would part them. */
export function isUnsettled({ difference, overSeeds }: ClaimStep): boolean {
  return overSeeds === undefined && difference !== 0;
}

/** Whether the means over all seeds, some of which only one of the two has, lie the other way round than the difference. */
function contradictsMeans(
  { column, first, second, difference, commonSeeds }: ClaimStep,
  table: Pick<ResultTable, "rows">,
): boolean {
  if (commonSeeds === undefined) return false;
  const one = summaryOf(table, first, column)!, other = summaryOf(table, second, column)!;
  return (one.mean - other.mean > 0) !== (difference > 0);
}

function summaryOf({ rows }: Pick<ResultTable, "rows">, row: string, column: string) {
  return rows.find(({ name }) => name === row)?.results[column];
}

function stepsOf(
  order: readonly string[],
  column: string,
  table: Pick<ResultTable, "rows" | "differences">,
): ClaimStep[] {
  return order.slice(1).flatMap((second, index) => {
    const first = order[index]!;
    for (const found of table.differences) {
      if (found.column !== column) continue;
      const { difference, overSeeds, seeds } = found;
      const all = [first, second].map((row) => summaryOf(table, row, column)?.seeds.length ?? 0);
      const common = Math.max(...all) > seeds.length && { commonSeeds: seeds };
      if (found.first === first && found.second === second) {
        return [{ column, first, second, difference, overSeeds, ...common }];
      }
      if (found.first === second && found.second === first) {
        const turned = overSeeds && { low: -overSeeds.high, high: -overSeeds.low };
        return [{ column, first, second, difference: -difference, overSeeds: turned, ...common }];
      }
    }
    return [];
  });
}
