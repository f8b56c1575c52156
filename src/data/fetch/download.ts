/**
 * A download that can be interrupted at any byte: what arrived is resumed, and nothing gets its final name before its
 * size and SHA-256 are right.
 *
 * @module
 */
import { dirname } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import { RunError, UsageError } from "../../errors.ts";
import { syncDirectory } from "../../disk/disk.ts";
import { fileSize, refuseForeign } from "../../disk/regular.ts";
import { onDisk, sha256OfFile, writeAll } from "../../disk/files.ts";
import { ConnectionWatch } from "./connection_watch.ts";
import { chooseNextStep } from "./range_response.ts";

/** What to expect of a download, and how to watch and stop it. */
export interface DownloadOptions {
  /** Size of the whole file. */
  readonly bytes: number;
  /** SHA-256 of the whole file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Called with the number of bytes on disk, at the start and after each piece. */
  readonly onProgress?: (done: number) => void;
  /** Stops the download; what arrived is kept for resuming. */
  readonly signal?: AbortSignal;
  /** Milliseconds before the first retry, doubled for each further one; 1,000 unless told. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as dropped; 60,000 unless told. */
  readonly stallTimeout?: number;
  /**
   * Bytes a second, 1,024 unless told: a connection that brings fewer over `stallTimeout` counts as dropped, and one that
   * was slower, with the wait before it, as one that brought nothing.
   */
  readonly leastSpeed?: number;
}

/** What {@linkcode DownloadOptions} leave to be understood. */
const RETRY_DELAY = 1000, STALL_TIMEOUT = 60_000, LEAST_SPEED = 1024;

/** Retries in a row that bring too little before the download fails. */
const RETRIES = 4;

/**
 * Downloads `url` to `path` by way of `path + ".part"`. A whole, correct file at `path` is left as it is, and any other
 * file there is replaced once the download is complete.
 *
 * @throws {UsageError} when `url` is not an http(s) address that may be fetched
 * @throws {RunError} when the server, the network or the disk fails, or the bytes are not the expected ones. A
 * `.part` that can be resumed is kept; one with wrong bytes is deleted.
 * @throws the signal's reason when it aborts
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  checkAddress(url);
  options.signal?.throwIfAborted();
  if (await isExpected(path, options)) return;
  const part = `${path}.part`;
  await onDisk(part, () => Deno.mkdir(dirname(part), { recursive: true }));
  await refuseForeign(part);
  const file = await onDisk(
    part,
    () => Deno.open(part, { read: true, write: true, create: true }),
  );
  try {
    if (!(await file.tryLock(true))) {
      throw new RunError(`Another process is downloading to "${part}"; wait for it to finish.`);
    }
    await transfer(url, path, file, options);
  } finally {
    file.close();
  }
}

/** Fills `file`, which is locked and open at `path + ".part"`, and gives it its final name. */
async function transfer(
  url: string,
  path: string,
  file: Deno.FsFile,
  options: DownloadOptions,
): Promise<void> {
  const part = `${path}.part`;
  try {
    await new Transfer(url, part, file, options).run();
    await onDisk(part, () => file.sync());
    await onDisk(path, async () => {
      await Deno.rename(part, path);
      await syncDirectory(dirname(path));
    });
  } catch (error) {
    // The first error says more than one of this tidying.
    const size = await fileSize(part).catch(() => undefined);
    if (size === 0) await Deno.remove(part).catch(() => {});
    throw error;
  }
}

async function isExpected(path: string, options: DownloadOptions): Promise<boolean> {
  if (await fileSize(path) !== options.bytes) return false;
  return await onDisk(path, () => sha256OfFile(path)) === options.sha256;
}

function checkAddress(url: string): void {
  if (!URL.canParse(url) || !["http:", "https:"].includes(new URL(url).protocol)) {
    throw new UsageError(`"${url}" is not an http or https address; correct the URL.`);
  }
}

/** One download in progress: the bytes of `file` from 0 to `#have` are the first bytes of the wanted file. */
class Transfer {
  #have = 0;
  #useRange = true;
  readonly #stallTimeout: number;
  readonly #leastSpeed: number;

  constructor(
    readonly url: string,
    readonly part: string,
    readonly file: Deno.FsFile,
    readonly options: DownloadOptions,
  ) {
    this.#stallTimeout = options.stallTimeout ?? STALL_TIMEOUT;
    this.#leastSpeed = options.leastSpeed ?? LEAST_SPEED;
  }

  /** Completes the file and checks its SHA-256. */
  async run(): Promise<void> {
    this.#have = (await this.file.stat()).size;
    if (this.#have > this.options.bytes) await this.#discard();
    const resumed = this.#have > 0;
    await this.#complete();
    if (await this.#isRight()) return;
    // The piece on disk may have come from another version of the file, or from another address.
    if (resumed) await this.#complete();
    if (resumed && await this.#isRight()) return;
    throw new RunError(
      `The file at ${this.url} is not the expected one: its SHA-256 differs, so it was deleted; use another address.`,
    );
  }

  /** Whether the SHA-256 is right; a wrong file is emptied. */
  async #isRight(): Promise<boolean> {
    if (await sha256OfFile(this.part) === this.options.sha256) return true;
    await this.#discard();
    return false;
  }

  /** Attempts until all bytes are on disk. */
  async #complete(): Promise<void> {
    const { bytes, signal, onProgress, retryDelay = RETRY_DELAY } = this.options;
    onProgress?.(this.#have);
    let furthest = this.#have, since = performance.now();
    for (let failures = 0; this.#have < bytes;) {
      const failure = await this.#attempt();
      signal?.throwIfAborted();
      if (this.#have === bytes) return;
      const gained = Math.max(0, this.#have - furthest), now = performance.now();
      failures = gained > 0 && gained >= this.#least(now - since) ? 1 : failures + 1;
      furthest += gained;
      since = now;
      if (failures > RETRIES) {
        throw new RunError(
          `The download of ${this.url} stopped at ${this.#have} of ${bytes} bytes because ${failure}; ` +
            "run the command again to resume it.",
        );
      }
      // An abort ends the wait with an error of its own; the caller gets the signal's reason.
      await delay(retryDelay * (1 << (failures - 1)), undefined, { signal }).catch(() => {});
      signal?.throwIfAborted();
    }
  }

  /** One request; returns why it ended, should bytes be missing. */
  async #attempt(): Promise<string> {
    const watch = new ConnectionWatch(this.options.signal, this.#stallTimeout);
    try {
      const response = await watch.during(() => this.#request(watch.signal));
      if (typeof response === "string") return response;
      const next = chooseNextStep(response, this.#useRange ? this.#have : 0, this.options.bytes);
      if (next.kind === "write") return await this.#receive(response, next.offset, watch);
      await response.body?.cancel();
      if (next.kind === "start over") this.#useRange = false;
      if (next.kind === "give up") {
        if (next.tooLong) await this.#discard();
        throw new RunError(`Could not download ${this.url}: ${next.reason}.`);
      }
      return next.reason;
    } finally {
      watch.stop();
    }
  }

  #request(signal: AbortSignal): Promise<Response> {
    // The wanted bytes are the archive's own: a server must not compress them once more.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (this.#useRange && this.#have > 0) headers.range = `bytes=${this.#have}-`;
    return fetch(this.url, { headers, signal });
  }

  /** Writes the body from `offset` on; returns why it ended. */
  async #receive(response: Response, offset: number, watch: ConnectionWatch): Promise<string> {
    if (offset < this.#have) await this.#discard();
    await this.file.seek(offset, Deno.SeekMode.Start);
    const reader = response.body?.getReader();
    let before = this.#have, since = performance.now();
    while (true) {
      const piece = await watch.during(async () => await reader?.read());
      if (typeof piece === "string") return piece;
      const bytes = piece?.value;
      if (bytes === undefined) return "the server sent no more";
      if (this.#have + bytes.length > this.options.bytes) {
        await this.#discard();
        throw new RunError(
          `Could not download ${this.url}: the server sent more than the expected ${this.options.bytes} bytes.`,
        );
      }
      await onDisk(this.part, () => writeAll(this.file, bytes));
      this.#have += bytes.length;
      this.options.onProgress?.(this.#have);
      const elapsed = performance.now() - since, gained = this.#have - before;
      if (elapsed < this.#stallTimeout) continue;
      if (gained < this.#least(elapsed) && this.#have < this.options.bytes) {
        return `only ${gained} bytes arrived in ${(elapsed / 1000).toFixed(1)} s`;
      }
      before = this.#have;
      since = performance.now();
    }
  }

  /** Bytes that are to arrive in so many milliseconds. */
  #least(milliseconds: number): number {
    return this.#leastSpeed * milliseconds / 1000;
  }

  async #discard(): Promise<void> {
    await onDisk(this.part, () => this.file.truncate(0));
    this.#have = 0;
    this.#useRange = true;
  }
}
