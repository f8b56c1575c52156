/**
 * What an interrupted AutoAttack has found: a log that grows by one line per attacked image, and the adversarial images
 * beside it. What it was busy with lies in a third file now and then, which may be missing or old.
 *
 * @module
 */
import { join } from "@std/path";
import { RunError, UsageError } from "../../errors.ts";
import { describeIoError } from "../../disk/failure.ts";
import {
  createDirectory,
  removeTemporaries,
  removeTree,
  removeTreeIfThere,
  temporaryOf,
  writeAll,
} from "../../disk/files.ts";
import { refuseForeign } from "../../disk/regular.ts";
import { readUnfinished, type Unfinished, writeUnfinished } from "./unfinished.ts";
import { decodeVerdicts, encodeVerdict, type Verdict } from "./verdict.ts";

const LOG = "verdicts.jsonl", IMAGES = "adversarial.bin", UNFINISHED = "unfinished.bin";
/** How the log's first line begins. */
const HEADER_START = '{"key":"';

/**
 * An open journal folder.
 *
 * @example What an attack has found is there in the next sitting
 * ```ts
 * import { autoAttack, Journal, openBackend } from "@memloss/memloss";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 * const backend = await openBackend("wasm");
 * const weights = tf.randomNormal<tf.Rank.R2>([64, 4]);
 * const network = (x: tf.Tensor4D) => tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, 64]), weights);
 * const x = Float32Array.from({ length: 64 }, Math.random), shape = { height: 8, width: 8, channels: 1 };
 * const [label] = await tf.argMax(network(tf.tensor4d(x, [1, 8, 8, 1])), 1).data();
 * const images = { x, y: Uint8Array.of(label!), shape, classes: 4 };
 * const folder = await Deno.makeTempDir(), key = "this network, these images";
 * const journal = await Journal.open(folder, key, 64);
 * await autoAttack(network, images, { version: "custom", members: ["apgd-ce"], journal });
 * journal.close();
 * const again = await Journal.open(folder, key, 64);
 * assert.equal(again.verdicts.length, 1);
 * await again.remove(); // the folder too
 * backend.close();
 * ```
 */
export class Journal {
  /** What was found before this sitting, in that order. */
  readonly verdicts: readonly Verdict[];
  /** What was begun before this sitting; undefined if nothing is, or a sentence that says why it is lost. */
  readonly unfinished: Unfinished | string | undefined;
  readonly #directory: string;
  readonly #key: string;
  readonly #log: Deno.FsFile;
  readonly #images: Deno.FsFile;

  private constructor(
    directory: string,
    key: string,
    log: Deno.FsFile,
    images: Deno.FsFile,
    verdicts: readonly Verdict[],
    unfinished: Unfinished | string | undefined,
  ) {
    this.#directory = directory;
    this.#key = key;
    this.#log = log;
    this.#images = images;
    this.verdicts = verdicts;
    this.unfinished = unfinished;
  }

  /**
   * Opens the journal in `directory`, which is its own. A torn end, as a kill may leave it, is cut off; a journal of
   * something else is begun anew.
   *
   * @param key digest of what is attacked and how: the first line of the log
   * @param values of one image
   * @throws {UsageError} if another process has it open, or the folder holds anything that is not a journal's
   * @throws {RunError} if the folder cannot be made, read or written
   */
  static async open(directory: string, key: string, values: number): Promise<Journal> {
    await refuseOthers(directory);
    await createDirectory(directory);
    try {
      const options = { read: true, write: true, create: true };
      const log = await Deno.open(join(directory, LOG), options);
      if (!await log.tryLock(true)) {
        log.close();
        throw new UsageError(
          `The evaluation in ${directory} is being made by another process: wait for it to end.`,
        );
      }
      const images = await Deno.open(join(directory, IMAGES), options);
      const text = await Deno.readTextFile(join(directory, LOG));
      const stored = await Deno.readFile(join(directory, IMAGES));
      const header = JSON.stringify({ key }) + "\n";
      const ours = text.startsWith(header);
      const lines = ours ? text.slice(header.length) : ""; // ASCII throughout
      const { verdicts, length, imagesLength } = decodeVerdicts(lines, stored, values);
      await log.truncate(ours ? header.length + length : 0);
      await images.truncate(imagesLength);
      await log.seek(0, Deno.SeekMode.End);
      await images.seek(0, Deno.SeekMode.End);
      if (!ours) await writeAll(log, new TextEncoder().encode(header));
      await removeTemporaries(directory, (name) => name === UNFINISHED);
      const unfinished = await readUnfinished(join(directory, UNFINISHED), key);
      return new Journal(directory, key, log, images, verdicts, unfinished);
    } catch (error) {
      throw error instanceof UsageError ? error : failure(directory, error);
    }
  }

  /**
   * Adds a verdict; the image goes first, so that a line never stands without it.
   *
   * @throws {RunError} if the disk fails
   */
  async append(verdict: Verdict): Promise<void> {
    const { line, image } = encodeVerdict(verdict);
    try {
      if (image) await writeAll(this.#images, image);
      await writeAll(this.#log, new TextEncoder().encode(line));
    } catch (error) {
      throw failure(this.#directory, error);
    }
  }

  /**
   * Keeps what is begun, instead of what was kept before.
   *
   * @throws {RunError} if the disk fails
   */
  keep(unfinished: Unfinished): Promise<void> {
    return writeUnfinished(join(this.#directory, UNFINISHED), this.#key, unfinished);
  }

  /** Closes the files; the folder stays. */
  close(): void {
    this.#log.close();
    this.#images.close();
  }

  /**
   * Closes and removes the journal of a finished evaluation, and nothing else that may lie in its folder.
   *
   * @throws {RunError} naming a file that cannot be removed
   */
  async remove(): Promise<void> {
    this.close();
    for (const name of [LOG, IMAGES]) await removeTree(join(this.#directory, name));
    await removeTreeIfThere(join(this.#directory, UNFINISHED));
    await Deno.remove(this.#directory).catch(() => {}); // which somebody else may use by now
  }
}

/** @throws {UsageError} if `directory` is no folder, or holds anything but the plain files of a journal */
async function refuseOthers(directory: string): Promise<void> {
  const refuse = (what: string) =>
    new UsageError(
      `The state of an evaluation would be kept in ${directory}, but ${what}: move it away, or choose another --state-dir.`,
    );
  const stat = await Deno.lstat(directory).catch(() => undefined);
  if (stat === undefined) return;
  if (!stat.isDirectory) throw refuse("that is no folder");
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const path = join(directory, name);
      const own = name === LOG || name === IMAGES || (temporaryOf(name) ?? name) === UNFINISHED;
      if (own) await refuseForeign(path);
      if (own && (name !== LOG || await isLog(path))) continue;
      throw refuse(`there is ${name}, which is not its own`);
    }
  } catch (error) {
    if (error instanceof UsageError || error instanceof RunError) throw error;
    throw failure(directory, error);
  }
}

/** Whether the file at `path` begins as a log does, as far as it goes: a kill may tear its first line. */
async function isLog(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(HEADER_START.length);
  const length = await file.read(head) ?? 0;
  return HEADER_START.startsWith(new TextDecoder().decode(head.subarray(0, length)));
}

function failure(directory: string, error: unknown): RunError {
  const reason = describeIoError(error);
  return new RunError(`The evaluation's state in ${directory} could not be kept: ${reason}.`, {
    cause: error,
  });
}
