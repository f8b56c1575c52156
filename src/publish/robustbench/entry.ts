/**
 * A folder with what an entry on RobustBench's leaderboard needs, under RobustBench's own layout.
 *
 * @module
 */
import { basename, resolve } from "@std/path";
import { UsageError } from "../../errors.ts";
import { sha256 } from "../../format/sha256.ts";
import { encodeTorch } from "../../weights/export/torch_file.ts";
import { moduleName, pythonModule } from "../../weights/export/python_module.ts";
import type { ExportedNetwork } from "../../weights/export/network.ts";
import { textBytes } from "../files.ts";
import { originOf, type PublishedSubject } from "../origin.ts";
import { autoAttackLog, NORMS } from "./autoattack_log.ts";
import type { EntryContents } from "./contents.ts";
import { evaluateScript } from "./evaluate_script.ts";
import { hasGivenHelper } from "./given_helper.ts";
import { readMeasured } from "./measured.ts";
import { modelCard } from "./model_card.ts";
import { missingFields, modelInfo } from "./model_info.ts";
import { verdictTable } from "./verdicts.ts";

/** What an entry's name may consist of. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** An entry's files, by their paths in its folder; without bytes where there is nothing to say. */
export type EntryFiles = ReadonlyMap<string, Uint8Array | undefined>;

/** The card, which comes last: an entry with it is whole. */
export const CARD = "README.md";

/**
 * Makes the entry of a run's checkpoint from what the run says of itself and what was measured of it.
 *
 * @param name the model's name; by default the run folder's
 * @returns its files, and the fields that are still to be filled in
 * @throws {UsageError} if the weights are no run's, the name is none, or a file in the run's `eval/` is no report
 * @throws {RunError} if the run cannot be read
 */
export async function makeEntry(
  network: ExportedNetwork,
  published: PublishedSubject,
  name: string | undefined,
): Promise<{ readonly files: EntryFiles; readonly missing: readonly string[] }> {
  const { subject, record, stoppedAfter } = published;
  if (subject.run === undefined || record === undefined) {
    throw new UsageError(
      `${subject.path} does not say what it was trained for: --format robustbench takes a run folder.`,
    );
  }
  const { recipe, directory } = subject.run;
  const { data, threat: { norm } } = recipe;
  const chosen = checkName(name ?? basename(resolve(directory)));
  const folder = `${data}/${NORMS[norm]}`;
  const weights = encodeTorch(network.tensors, originOf(published));
  const path = `models/${folder}/${chosen}.pt`;
  const measured = await readMeasured(directory, subject, record);
  const givenHelper = await hasGivenHelper(directory, record);
  const info = modelInfo(recipe, network, measured, givenHelper);
  const contents: EntryContents = {
    ...{
      name: chosen,
      network,
      subject,
      record,
      recipe,
      measured,
      info,
      givenHelper,
      stoppedAfter,
    },
    weights: { path, sha256: sha256(weights) },
  };
  const { autoAttack, evaluations } = measured;
  const texts: Readonly<Record<string, string | undefined>> = {
    [`${moduleName(network)}.py`]: pythonModule(network),
    "evaluate.py": evaluateScript(contents),
    [`model_info/${folder}/${chosen}.json`]: JSON.stringify(info, null, 2) + "\n",
    "autoattack.log": autoAttack && autoAttackLog(autoAttack, norm),
    "verdicts.csv": verdictTable(evaluations),
    [CARD]: modelCard(contents),
  };
  const written = Object.entries(texts).map(([path, text]) =>
    [path, text === undefined ? undefined : textBytes(text)] as const
  );
  return { files: new Map([[path, weights], ...written]), missing: missingFields(info) };
}

function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new UsageError(
    `"${name}" cannot be a model's name on RobustBench: give --name with letters, digits, - and _.`,
  );
}
