/**
 * `memloss report`
 *
 * @module
 */
import { join } from "@std/path";
import { UsageError } from "../errors.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { textFlag } from "../recipe/flag.ts";
import { renderPage } from "../report/page/page.ts";
import { drawPictures, type Pictures } from "../report/page/pictures/draw.ts";
import { readRuns } from "../report/page/run_data.ts";
import { checkOutput, REPORT } from "../run/output.ts";
import { type Command, readArguments } from "./shell/command.ts";
import { printMessage, printResult } from "./shell/output.ts";
import { OVERWRITE } from "./shell/overwrite_flag.ts";
import { SUMMARIES } from "./summaries.ts";

/** What a page is called unless told. */
const OUT = "report.html";

const FLAGS = {
  out: textFlag(
    "out",
    "FILE.html",
    "the file to write; default report.html, of a single run in its folder",
  ),
  overwrite: OVERWRITE,
  dataDir: textFlag("data-dir", "DIR", "folder of the data sets; default the run's own"),
  auxData: textFlag("aux-data", "FILE", "its auxiliary images; default the run's own"),
} as const;

export const command: Command = {
  name: "report",
  positionals: "RUN_DIR…",
  summary: SUMMARIES.report,
  flags: FLAGS,
  examples: [
    "memloss report runs/v1-cifar10-seed1",
    "memloss report runs/v1-* runs/trades-* --out compared.html",
  ],
  async run(args) {
    const { flags, positionals } = readArguments(args, FLAGS, Infinity);
    const [first, ...others] = positionals;
    if (first === undefined) throw new UsageError("Say what to draw: memloss report RUN_DIR ….");
    const { out = others.length > 0 ? OUT : join(first, OUT), overwrite = false, ...place } = flags;
    if (!/\.html?$/.test(out)) throw new UsageError(`--out must be a .html, not "${out}".`);
    const runs = await readRuns(positionals);
    await checkOutput(out, { flag: "--out", kind: REPORT, inputs: [], overwrite });
    for (const { label, notes } of runs) {
      for (const note of notes) printMessage(`note: ${label}: ${note}`);
    }
    const pictures: (Pictures | string)[] = [];
    for (const run of runs) pictures.push(await drawPictures(run, place));
    await writeFileAtomically(out, new TextEncoder().encode(renderPage(runs, pictures)));
    printResult(`The report is ${out}`);
  },
};
