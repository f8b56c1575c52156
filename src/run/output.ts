/**
 * Files that a user asks for by name: refused before anything is computed where writing them would cost the user another.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "@std/path";
import { UsageError } from "../errors.ts";
import { describeIoError } from "../disk/failure.ts";
import { readWholeFile, temporaryOf, temporaryPath } from "../disk/files.ts";
import { sameBytes } from "../format/bytes.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import { recipePath, RUN_FILES } from "./folder/files.ts";
import { EVENT_FOLDER } from "./tensorboard/event_log.ts";

/** What a file must be for a newer one of its kind to take its place without being asked. */
export interface OutputKind {
  /** As in "… is not NAME". */
  readonly name: string;
  /** Whether `bytes` are one. */
  recognise(bytes: Uint8Array): boolean;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** A picture. */
export const PNG: OutputKind = {
  name: "a PNG picture",
  recognise: (bytes) => PNG_SIGNATURE.every((byte, i) => bytes[i] === byte),
};

/** What a page that this program drew begins with. */
export const REPORT_MARK = '<!DOCTYPE html>\n<html lang="en" data-made-by="memloss">';

/** A page that this program drew. */
export const REPORT: OutputKind = {
  name: "a report of memloss",
  recognise: (bytes) => new TextDecoder().decode(bytes.subarray(0, 100)).startsWith(REPORT_MARK),
};

/** A safetensors file that has the tensor `tensor`. */
export function safetensorsWith(tensor: string): OutputKind {
  return {
    name: `a safetensors file with ${tensor}`,
    recognise(bytes) {
      try {
        return decodeSafetensors(bytes, "").tensors.has(tensor);
      } catch {
        return false;
      }
    },
  };
}

/** Nothing but what is written, `expected`: what a user has changed since is the user's. */
export function exactly(expected: Uint8Array, name: string): OutputKind {
  return { name, recognise: (bytes) => sameBytes(bytes, expected) };
}

/** What is to be written. */
export interface Output {
  /** The flag that names the file, such as `--out`. */
  readonly flag: string;
  readonly kind: OutputKind;
  /** Files that are being read, and folders of such files. */
  readonly inputs: readonly string[];
  /** Whether a file of any kind may be replaced. */
  readonly overwrite: boolean;
}

/** What lies in a run folder and is the run's own. */
const OWN: ReadonlySet<string> = new Set([
  ...RUN_FILES,
  ...["checkpoints", "memory", "run.lock", EVENT_FOLDER],
]);
/** What a run keeps in its `eval/` while AutoAttack is unfinished, and of evaluations in shards. */
const OWN_STATE = /\.(state|shards)$/;

/**
 * Makes sure that the file at `path` can be written and that nothing is lost by it.
 *
 * @throws {UsageError} if its folder is missing or cannot be written, if it is being read, is a run's own or no plain file, or if it is a file of
 *   another kind that nobody asked to overwrite
 */
export async function checkOutput(path: string, output: Output): Promise<void> {
  const { flag, kind, inputs, overwrite } = output;
  const folder = await realPath(dirname(resolve(path)));
  if (folder === undefined || !(await Deno.stat(folder)).isDirectory) {
    throw new UsageError(`${flag}: there is no folder ${dirname(path)}: make it first.`);
  }
  const stat = await Deno.lstat(path).catch(() => undefined);
  const present = stat?.isFile ? await readToReplace(path, flag) : undefined;
  const alike = present !== undefined && kind.recognise(present);
  // By its own name, and by that of what a link leads to.
  const places = [join(folder, basename(path)), await realPath(path)];
  for (const place of places.filter((place) => place !== undefined)) {
    for (const input of inputs) {
      const read = await realPath(input);
      if (place !== read && (stat === undefined || alike || !parentsOf(place).has(read))) continue;
      throw new UsageError(
        `${flag} ${path} would overwrite what is being read: name another file.`,
      );
    }
    const run = await ownerOf(place);
    if (run !== undefined) {
      throw new UsageError(`${flag} ${path} belongs to the run in ${run}: name another file.`);
    }
  }
  if (stat !== undefined) {
    if (present === undefined) {
      throw new UsageError(`${flag} ${path} is no plain file: name another.`);
    }
    if (!overwrite && present.length > 0 && !alike) {
      throw new UsageError(
        `${flag} ${path} is there already and is not ${kind.name}: name another file, or add --overwrite.`,
      );
    }
  }
  await probe(path, flag);
}

/** Tries whether a file can be made beside `path`, where it is written before it gets its name. */
async function probe(path: string, flag: string): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    (await Deno.open(temporary, { write: true, createNew: true })).close();
    await Deno.remove(temporary);
  } catch (error) {
    throw new UsageError(
      `${flag} ${path} cannot be written (${describeIoError(error)}): name another file.`,
      { cause: error },
    );
  }
}

/** The folder that `path` is in, the one above, and so on, each with the path's rest from there. */
function parentsOf(path: string): Map<string | undefined, readonly string[]> {
  const parents = new Map<string | undefined, readonly string[]>();
  let rest: readonly string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    rest = [basename(at), ...rest];
    parents.set(dirname(at), rest);
  }
  return parents;
}

/** The run folder whose own `place`, a path without links, is. */
async function ownerOf(place: string): Promise<string | undefined> {
  for (const [folder, [first = "", second = ""]] of parentsOf(place)) {
    const own = OWN.has(temporaryOf(first) ?? first) || first === "eval" && OWN_STATE.test(second);
    if (own && await realPath(recipePath(folder!)) !== undefined) return folder;
  }
  return undefined;
}

async function readToReplace(path: string, flag: string): Promise<Uint8Array> {
  try {
    return await readWholeFile(path);
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`, { cause: error });
  }
}

/** Where `path` leads, or undefined if it leads nowhere. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw new UsageError(`${path} cannot be looked at: ${describeIoError(error)}`, {
      cause: error,
    });
  }
}
