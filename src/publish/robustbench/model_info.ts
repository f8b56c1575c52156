/**
 * RobustBench's `model_info`: what its leaderboard says of a model.
 *
 * @see https://github.com/RobustBench/robustbench#adding-a-new-model
 * @module
 */
import { VERSION_TRAITS } from "../../attack/autoattack/versions.ts";
import { checkClasses } from "../../evaluate/autoattack/sanity.ts";
import { formatRadius } from "../../evaluate/report.ts";
import { methodOf } from "../../method/methods.ts";
import type { Recipe } from "../../recipe/recipe.ts";
import { percent } from "../../report/words.ts";
import type { ExportedNetwork } from "../../weights/export/network.ts";
import { cleanOf, type Measured } from "./measured.ts";

/** The fields in the order of the template; null is what nobody has said or measured yet. */
export interface ModelInfo {
  /** Where the paper is. */
  readonly link: string | null;
  /** The paper's title. */
  readonly name: string | null;
  readonly authors: string | null;
  /**
   * Whether there was more to learn from than the data set; null where given weights or auxiliary images were trained on, or a
   * given helper was learnt from.
   */
  readonly additional_data: boolean | null;
  readonly number_forward_passes: number;
  readonly dataset: string;
  readonly venue: string | null;
  readonly architecture: string;
  readonly eps: string;
  /** Accuracies in percent. */
  readonly clean_acc: string | null;
  readonly reported: string | null;
  readonly autoattack_acc: string | null;
  readonly footnote: string;
}

/**
 * What the run of `recipe` can say for itself.
 *
 * @param givenHelper whether it has learnt from a helper of which it is not known what that has seen
 */
export function modelInfo(
  recipe: Recipe,
  network: ExportedNetwork,
  measured: Measured,
  givenHelper = false,
): ModelInfo {
  const { data, threat: { norm, epsilon }, variant, auxFraction } = recipe;
  const { name: method, paper } = methodOf(variant);
  const arxiv = /arXiv (\d+\.\d+)/.exec(paper)?.[1];
  const { warning: leftOut } = checkClasses(
    VERSION_TRAITS.standard.members,
    network.config.classes,
    false,
  );
  const robust = measured.autoAttack?.evaluation.result;
  const clean = cleanOf(measured);
  const said = (result: { accuracy: number } | undefined) =>
    result ? percent(result.accuracy) : null;
  return {
    link: arxiv === undefined ? null : `https://arxiv.org/abs/${arxiv}`,
    name: null,
    authors: null,
    additional_data: recipe.from === undefined && auxFraction === undefined && !givenHelper
      ? false
      : null,
    number_forward_passes: 1,
    dataset: data,
    venue: null,
    architecture: architectureOf(network),
    eps: norm === "linf" ? formatRadius(epsilon) : String(epsilon),
    clean_acc: said(clean),
    reported: said(robust),
    autoattack_acc: said(robust),
    footnote: [
      `Trained with ${method}${paper === "" ? "" : ` (${paper})`}${
        recipe.from === undefined ? "" : ", from given weights"
      }${givenHelper ? ", with a given helper" : ""}${
        auxFraction === undefined
          ? ""
          : `, ${Math.round(100 * auxFraction)} % of each batch auxiliary images`
      }.`,
      ...robust === undefined ? [] : [
        `AutoAttack is memloss's own implementation, on the first ${robust.n} test images.`,
        ...leftOut === undefined ? [] : [`In it, ${leftOut}`],
      ],
      ...clean === undefined || clean.n === robust?.n ? [] : [
        `The clean accuracy is of the first ${clean.n} test images.`,
      ],
    ].join(" "),
  };
}

/** The architecture as a leaderboard names it, which says nothing of the published width. */
export function architectureOf(
  { architecture: { title }, config: { width }, definition }: ExportedNetwork,
): string {
  return width === definition.width ? title : `${title} (width ${width})`;
}

/** The names of what is left to be filled in. */
export function missingFields(info: ModelInfo): string[] {
  return Object.entries(info).filter(([, value]) => value === null).map(([name]) => name);
}
