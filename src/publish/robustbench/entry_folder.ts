/**
 * An entry on disk.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import {
  createDirectory,
  listFolder,
  readIfThere,
  removeTreeIfThere,
  writeFileAtomically,
} from "../../disk/files.ts";
import { exists } from "../../disk/regular.ts";
import { UsageError } from "../../errors.ts";
import { checkOutput } from "../../run/output.ts";
import { CARD, type EntryFiles } from "./entry.ts";
import { CARD_MARK } from "./model_card.ts";

/**
 * Writes `files` into the folder `out`, which is made; what an earlier export had more to say in is removed. The card comes last.
 *
 * @param read the file that is exported
 * @param overwrite whether they may be put into a folder that has something else
 * @returns the paths that were written
 * @throws {UsageError} if `out` cannot be written, or is a folder with something else
 * @throws {RunError} if the disk fails
 */
export async function writeEntry(
  out: string,
  files: EntryFiles,
  read: string,
  overwrite: boolean,
): Promise<string[]> {
  const isFolder = await exists(out) && (await Deno.stat(out).catch(() => undefined))?.isDirectory;
  const kind = { name: "a folder", recognise: () => false };
  const output = { flag: "--out", kind, inputs: [read], overwrite: true };
  if (!isFolder && await exists(out)) {
    throw new UsageError(`--out ${out} is no folder: name another, which will be made.`);
  }
  // In a folder that is there the card stands for all: the folder is no run's own, and can be written to.
  await checkOutput(isFolder ? join(out, CARD) : out, output);
  const ours = !isFolder || await isOurs(out);
  if (!ours && !overwrite) {
    throw new UsageError(
      `--out ${out} is there already and is no RobustBench entry: name another folder, or add --overwrite.`,
    );
  }
  const written: string[] = [];
  for (const [path, bytes] of files) {
    const place = join(out, path);
    if (bytes === undefined) {
      if (ours) await removeTreeIfThere(place);
      continue;
    }
    await createDirectory(dirname(place));
    await writeFileAtomically(place, bytes);
    written.push(place);
  }
  return written;
}

/** Whether a folder is empty, or an entry that was exported. */
async function isOurs(folder: string): Promise<boolean> {
  if ((await listFolder(folder)).length === 0) return true;
  const card = await readIfThere(join(folder, CARD));
  return card !== undefined && new TextDecoder().decode(card).startsWith(CARD_MARK);
}
