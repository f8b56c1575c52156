/**
 * Whether Deno KV can be let near a file. It ends the whole process when it meets a damaged one ("KV queue cleanup
 * failed: database disk image is malformed"), so SQLite itself is asked first.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { existsSync } from "node:fs";
import { RunError } from "../errors.ts";
import { describeIoError } from "./files.ts";
import { DatabaseSync } from "node:sqlite";

/** What a database is made of: the definitions of its tables and indices, and the version KV gives their layout. */
interface Layout {
  readonly definitions: readonly string[];
  readonly version: unknown;
}

/** The layout of this Deno's databases. */
let expected: Promise<Layout> | undefined;

/**
 * Why the file at `path` is no whole database of this Deno's KV, as the end of a sentence; undefined if it is one, if
 * KV was killed while making it, or if there is none yet. Reads the log beside it as well.
 */
export async function describeDatabaseFault(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  expected ??= readNewLayout(dirname(path));
  expected.catch(() => expected = undefined); // to be tried again
  const whole = await expected;
  let found: Layout;
  try {
    found = readLayout(path);
  } catch (error) {
    return (error as Error).message.replaceAll(/\s+/g, " ");
  }
  const { definitions } = found;
  const known = definitions.every((each) => whole.definitions.includes(each));
  // KV makes what is not there yet.
  if (known && definitions.length < whole.definitions.length) return undefined;
  return known && found.version === whole.version
    ? undefined
    : "it holds other tables than this Deno's";
}

/** @param beside where to make a database if the system's temporary directory cannot be written */
async function readNewLayout(beside: string): Promise<Layout> {
  let folder: string;
  const prefix = "memloss-kv-";
  try {
    folder = await Deno.makeTempDir({ prefix }).catch(() =>
      Deno.makeTempDir({ dir: beside, prefix })
    );
  } catch (error) {
    throw new RunError(`Could not make a temporary folder: ${describeIoError(error)}`, {
      cause: error,
    });
  }
  try {
    const path = join(folder, "new.kv");
    const kv = await Deno.openKv(path);
    try {
      return readLayout(path);
    } finally {
      kv.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Throws if a page, a cell or an entry of an index at `path` is not what it must be. */
function readLayout(path: string): Layout {
  // A database killed while it was made has a journal to roll back; one that is made keeps a log, to be left alone.
  const database = new DatabaseSync(path, { readOnly: !existsSync(`${path}-journal`) });
  try {
    const [fault] = database.prepare("PRAGMA integrity_check(1)").all();
    const { integrity_check: verdict } = fault as { integrity_check: string };
    if (verdict !== "ok") throw new Error(verdict);
    const definitions = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master")
      .all().map((row) => JSON.stringify(row));
    const versioned = definitions.some((each) => each.includes('"name":"migration_state"'));
    const version = versioned
      ? database.prepare("SELECT version FROM migration_state").get()?.version
      : undefined;
    return { definitions, version };
  } finally {
    database.close();
  }
}
