/**
 * What tuners have measured on this machine, in Deno KV under the user's cache directory. It is a cache: where it cannot
 * be kept or read, everything works without.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import * as v from "valibot";
import { describeDatabaseFault } from "../../../disk/database_check.ts";
import { describeIoError } from "../../../disk/failure.ts";
import { removeTreeIfThere } from "../../../disk/files.ts";
import { exists } from "../../../disk/regular.ts";
import { advised } from "../../../format/command_line.ts";
import { databaseFiles } from "../../../disk/temporary_database.ts";

/** Layout of the entries; those of another are never looked at. */
const FORMAT = 1;

const measurementSchema = v.object({
  /** The fastest sound variant. */
  variant: v.string(),
  /** Seconds of one run by variant. */
  seconds: v.record(v.string(), v.number()),
  /** Why a variant is not used, by variant. */
  excluded: v.record(v.string(), v.string()),
  /** Checksum of the kernels that were compared: others have to be measured anew. */
  kernels: v.number(),
  /** Date and time, ISO 8601. */
  measured: v.string(),
});
const keySchema = v.strictTuple([v.literal(FORMAT), v.string(), v.string()]);

/** What was measured of one convolution on one device. */
export type TuningResult = Readonly<v.InferOutput<typeof measurementSchema>>;

/** A measurement with what it belongs to. */
export interface TuningEntry extends TuningResult {
  readonly device: string;
  readonly convolution: string;
}

/** The measurements of all devices. */
export class TuningStore {
  readonly #path: string | undefined;
  readonly #onNote: (note: string) => void;
  #broken = false;

  /**
   * @param path of the database, which need not exist; undefined: nothing is kept
   * @param onNote told in a sentence, once, when the database cannot be used
   */
  constructor(path: string | undefined, onNote: (note: string) => void) {
    this.#path = path;
    this.#onNote = onNote;
  }

  /** The measurements on `device` by convolution. */
  async load(device: string): Promise<Map<string, TuningResult>> {
    const entries = await this.#use([], false, (kv) => readAll(kv, [FORMAT, device]));
    return new Map(
      entries.map(({ device: _, convolution, ...measurement }) => [convolution, measurement]),
    );
  }

  /** All measurements, ordered by device and convolution. */
  list(): Promise<TuningEntry[]> {
    return this.#use([], false, (kv) => readAll(kv, [FORMAT]));
  }

  /** Keeps a measurement in place of an older one. */
  async save(device: string, convolution: string, measurement: TuningResult): Promise<void> {
    await this.#use(undefined, true, async (kv) => {
      await kv.set([FORMAT, device, convolution], measurement);
    });
  }

  /**
   * Removes the database, whatever state it is in.
   *
   * @throws {RunError} if it is there and cannot be removed
   */
  async clear(): Promise<void> {
    if (this.#path === undefined) return;
    for (const path of databaseFiles(this.#path)) await removeTreeIfThere(path);
  }

  /** What `action` makes of the open database, which is made first if `make`; `otherwise` where it cannot be used. */
  async #use<T>(otherwise: T, make: boolean, action: (kv: Deno.Kv) => Promise<T>): Promise<T> {
    const path = this.#path;
    if (path === undefined || this.#broken) return otherwise;
    try {
      if (!make && !await exists(path)) return otherwise;
      await Deno.mkdir(dirname(path), { recursive: true });
      const fault = await describeDatabaseFault(path);
      if (fault !== undefined) {
        throw new Error(
          `the file is damaged (${fault}), ${advised("doctor", "--reset-tuning")} removes it`,
        );
      }
      using kv = await Deno.openKv(path);
      return await action(kv);
    } catch (error) {
      this.#broken = true;
      this.#onNote(`Tuning results cannot be kept in ${path}: ${describeIoError(error)}.`);
      return otherwise;
    }
  }
}

async function readAll(kv: Deno.Kv, prefix: Deno.KvKey): Promise<TuningEntry[]> {
  const entries = await Array.fromAsync(kv.list({ prefix }));
  return entries.flatMap(({ key, value }) => {
    const place = v.safeParse(keySchema, key), measurement = v.safeParse(measurementSchema, value);
    if (!place.success || !measurement.success) return []; // something else's, or a later version's
    const [, device, convolution] = place.output;
    return [{ device, convolution, ...measurement.output }];
  });
}

/** Environment variables that say where a user's caches are, by operating system, with what is below them. */
const CACHES: Readonly<Record<string, readonly (readonly [variable: string, ...string[]])[]>> = {
  windows: [["LOCALAPPDATA"]],
  darwin: [["HOME", "Library", "Caches"]],
};
const XDG_CACHES = [["XDG_CACHE_HOME"], ["HOME", ".cache"]] as const;

/**
 * Where this user's measurements are kept; undefined where the environment does not say, or a permission is missing. Asks
 * for none.
 */
export async function tuningPath(): Promise<string | undefined> {
  for (const [variable, ...below] of CACHES[Deno.build.os] ?? XDG_CACHES) {
    if (!await granted({ name: "env", variable })) continue;
    const root = Deno.env.get(variable);
    if (!root) continue;
    const path = join(root, ...below, "memloss", "tuning.kv");
    const usable = await granted({ name: "read", path }) && await granted({ name: "write", path });
    return usable ? path : undefined;
  }
  return undefined;
}

async function granted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}
