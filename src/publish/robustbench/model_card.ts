/**
 * The model card: what the network is, what was measured of it, what was not, and how to use it.
 *
 * @module
 */
import { basename } from "@std/path";
import { findSet } from "../../data/sets/sets.ts";
import { isPublished } from "../../data/sets/definition.ts";
import { formatRadius } from "../../evaluate/report.ts";
import { advised } from "../../format/command_line.ts";
import { sha256 } from "../../format/sha256.ts";
import { methodOf } from "../../method/methods.ts";
import { percent, percentInterval } from "../../report/words.ts";
import { epochOf, finishedEpoch } from "../../run/checkpoint/progress.ts";
import { subjectName } from "../../run/subject.ts";
import { wilsonInterval } from "../../statistics/wilson.ts";
import { className, moduleName } from "../../weights/export/python_module.ts";
import { publicRecipe } from "../origin.ts";
import { NORMS } from "./autoattack_log.ts";
import type { EntryContents } from "./contents.ts";
import { cleanOf, type Measured } from "./measured.ts";
import { architectureOf, missingFields } from "./model_info.ts";

/** What every card begins with, so that a newer one may replace it. */
export const CARD_MARK = "<!-- A RobustBench entry that memloss wrote. -->";

/** The data sets that RobustBench has leaderboards and loaders for. */
const LEADERBOARDS = ["cifar10", "cifar100"];

/** The card's text, in Markdown. */
export function modelCard(contents: EntryContents): string {
  const { name, recipe, network } = contents;
  const { threat: { norm, epsilon }, variant, data } = recipe;
  const { formula, paper } = methodOf(variant);
  const from = paper === "" ? "" : ` (${paper})`;
  const section = (title: string, lines: readonly string[]) => ["", `## ${title}`, "", ...lines];
  return [
    CARD_MARK,
    "",
    `# ${name}`,
    "",
    `${architectureOf(network)} for ${findSet(data).title}, trained for ${
      lengthOf(contents)
    } with ` +
    `\`${variant}\`${from}: \`${formula}\`. It is to withstand ${
      NORMS[norm]
    } perturbations of up ` +
    `to ${formatRadius(epsilon)}. Images are in [0, 1]${
      network.architecture.normalisation === undefined
        ? " and not normalised"
        : "; it normalises them itself"
    }.`,
    ...section("Results", results(contents.measured)),
    ...section("Missing", missing(contents)),
    ...section("Limitations", limitations(contents)),
    ...section("How to load it", loading(contents)),
    ...section("Where it comes from", origin(contents)),
    "",
    "```json",
    JSON.stringify(publicRecipe(recipe), null, 2),
    "```",
    "",
  ].join("\n");
}

/** How long it was trained, and which of its epochs' weights these are. */
function lengthOf({ recipe, subject, stoppedAfter }: EntryContents): string {
  const { epochs, earlyStop, optimiser: { average, swaStart = 0 } } = recipe;
  const { path, run } = subject, name = basename(path), epoch = epochOf(name);
  const ended = finishedEpoch(name) !== undefined;
  // What is averaged are the ends of epochs.
  const begins = (epoch - (ended ? 0 : 1)) < swaStart
    ? `, which begins in epoch ${swaStart} and until then is the weights`
    : "";
  const averaging = `(\`--weight-average ${average}\`${begins})`;
  const of = {
    average: `the average ${averaging} `,
    raw: `those of the optimiser, not their average ${averaging}, `,
    only: "those ",
  }[subject.weights ?? "only"];
  const when = ended ? `at the end of epoch ${epoch}` : `from within epoch ${epoch}`;
  const weights = `the weights are ${of}${when}, its ${run!.link}`;
  if (stoppedAfter !== undefined) {
    return `${stoppedAfter} of ${epochs} epochs (it was stopped before its end; ${weights})`;
  }
  const most = earlyStop === undefined ? "" : "at most ";
  return `${most}${epochs} epoch${epochs === 1 ? "" : "s"} (${weights})`;
}

function results({ evaluations, autoAttack }: Measured): string[] {
  if (evaluations.length === 0) return ["Nothing has been measured of these weights."];
  const log = autoAttack ? ", `autoattack.log` what each attack left" : "";
  return [
    "| | accuracy, % | 95 % interval | test images | seed |",
    "| --- | --- | --- | --- | --- |",
    ...evaluations.map(({ name, restarts, seed, result: { accuracy, correct, n } }) => {
      const what = name === "autoattack" ? "AutoAttack, standard" : name;
      const runs = restarts > 1 ? `, ${restarts} restarts` : "";
      const interval = percentInterval(wilsonInterval(correct, n));
      return `| ${what}${runs} | ${percent(accuracy)} | ${interval} | the first ${n} | ${seed} |`;
    }),
    "",
    `memloss computed all of it; intervals are over test images (Wilson). \`verdicts.csv\` has what became of every ` +
    `image${log}.`,
  ];
}

function missing({ info, measured, subject, recipe }: EntryContents): string[] {
  const fields = missingFields(info).map((each) => `\`${each}\``);
  const attacks = [
    ...cleanOf(measured) ? [] : ["clean"],
    ...measured.autoAttack ? [] : ["autoattack"],
  ];
  const command = advised(
    ...["eval", "RUN_DIR", "--attack", attacks.join()],
    ...subject.run!.link === "last" && recipe.select !== "none" ? ["--checkpoint", "last"] : [],
    ...subject.weights === "raw" ? ["--weights", "raw"] : [],
  );
  return [
    `In \`model_info\`, ${fields.join(", ")}.`,
    ...attacks.length === 0 ? [] : [
      "",
      `Not measured yet: ${attacks.join(", ")}. ${command} does, and the export can be repeated.`,
    ],
  ];
}

function limitations({ recipe, measured, givenHelper, stoppedAfter }: EntryContents): string[] {
  const { data, limitTrain, select, from, epochs, threat: { norm } } = recipe;
  const { autoAttack } = measured;
  const set = findSet(data);
  const all = isPublished(set) ? set.splits.test.images : undefined;
  const few = measured.evaluations.filter(({ result: { n } }) => all !== undefined && n < all);
  return [
    "AutoAttack here is memloss's implementation: a leaderboard counts what its own code finds (`evaluate.py`).",
    ...few.length === 0 ? [] : [`Not all of the ${all} test images were looked at; see the table.`],
    ...stoppedAfter === undefined ? [] : [
      `Its training was stopped after ${stoppedAfter} of ${epochs} epochs: it is not what the recipe below makes.`,
    ],
    ...limitTrain === undefined ? [] : [
      `It was trained on ${limitTrain} images only, not on all of the training images.`,
    ],
    ...from === undefined ? [] : [
      "Training began with given weights: what those have seen is not known here.",
    ],
    ...givenHelper
      ? ["It has learnt from a given helper: what that has seen is not known here."]
      : [],
    ...select === "test"
      ? [
        "Its checkpoint was chosen on test images: its accuracies are too good by an unknown amount.",
      ]
      : [],
    `Nothing is known of perturbations other than ${NORMS[norm]} ones, nor of larger ones.`,
    ...LEADERBOARDS.includes(data) ? [] : [`RobustBench has no leaderboard for ${set.title}.`],
    ...(autoAttack?.warnings ?? []).map((warning) => `AutoAttack warned: ${warning}`),
  ].map((line) => `- ${line}`);
}

function loading({ name, network, recipe }: EntryContents): string[] {
  const { threat: { norm }, data } = recipe, { width, classes, channels } = network.config;
  const threat = NORMS[norm], made = className(network), module = moduleName(network);
  const files = LEADERBOARDS.includes(data)
    ? "CIFAR's binary test file, or a .pt or .npz, as the script says"
    : "a .pt or .npz of the test images, as the script says";
  const own = `\`python evaluate.py IMAGES\` loads and measures it; IMAGES is ${files}.`;
  if (!LEADERBOARDS.includes(data)) return [own];
  return [
    `${own} With RobustBench's loader, from this folder:`,
    "",
    "```python",
    "from robustbench.model_zoo import model_dicts",
    "from robustbench.model_zoo.enums import BenchmarkDataset, ThreatModel",
    "from robustbench.utils import load_model",
    `from ${module} import ${made}`,
    "",
    `models = model_dicts[BenchmarkDataset("${data}")][ThreatModel.${threat}]`,
    `models["${name}"] = {`,
    `    "model": lambda: ${made}(${width}, ${classes}, ${channels}),`,
    '    "gdrive_id": "local",',
    "}",
    `model = load_model("${name}", "models", dataset="${data}", threat_model="${threat}")`,
    "```",
    "",
    `To propose it, put \`${module}.py\` among RobustBench's architectures, its row into \`model_zoo/${data}.py\`, and ` +
    "fill in what is missing.",
  ];
}

function origin({ subject, record, weights, recipe }: EntryContents): string[] {
  const { link } = subject.run!;
  return [
    "| SHA-256 of | |",
    "| --- | --- |",
    `| \`${weights.path}\` | \`${weights.sha256}\` |`,
    `| the run's checkpoint (${link}, ${subjectName(subject)}) | \`${subject.sha256}\` |`,
    `| the recipe below, without its spaces | \`${
      sha256(JSON.stringify(publicRecipe(recipe)))
    }\` |`,
    `| the training images and labels | \`${record.dataSha256}\` |`,
    `| memloss ${record.program.version}, which trained it | \`${record.program.digest}\` |`,
  ];
}
