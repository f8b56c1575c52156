/**
 * Whether Deno KV can be let near a file. It ends the whole process when it meets a damaged one ("KV queue cleanup
 * failed: database disk image is malformed"), so SQLite itself is asked first.
 *
 * @module
 */
import { dirname } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { existsSync } from "node:fs";
import { ioError, isAboutPlace } from "./failure.ts";
import { exists, refuseForeign } from "./regular.ts";
import { databaseFiles, TemporaryError, withTemporaryDatabase } from "./temporary_database.ts";

/** SQLite's code for a file that ends within a page, `SQLITE_IOERR_SHORT_READ`. */
const SHORT_READ = 522;

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
 *
 * @throws {StorageError} if it cannot be looked at, or SQLite would meet something else than files there
 */
export async function describeDatabaseFault(path: string): Promise<string | undefined> {
  for (const file of databaseFiles(path)) await refuseForeign(file);
  if (!await exists(path)) return undefined;
  expected ??= readNewLayout(dirname(path));
  expected.catch(() => expected = undefined); // to be tried again
  const whole = await expected;
  let found: Layout;
  try {
    found = readLayout(path);
  } catch (error) {
    // SQLite calls that an I/O error too.
    if ((error as { errcode?: unknown }).errcode === SHORT_READ) return "it was cut short";
    if (isAboutPlace(error)) throw ioError(`Could not read ${path}`, error);
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

/** @param beside where a database may be made if not in the temporary folder */
function readNewLayout(beside: string): Promise<Layout> {
  return withTemporaryDatabase(async (path) => {
    try {
      const kv = await Deno.openKv(path);
      try {
        return readLayout(path);
      } finally {
        kv.close();
      }
    } catch (error) {
      throw new TemporaryError(error);
    }
  }, beside);
}

/** Throws if a page, a cell or an entry of an index at `path` is not what it must be. */
function readLayout(path: string): Layout {
  // A database killed while it was made has a journal to roll back; one that is made keeps a log, to be left alone.
  const database = new DatabaseSync(path, { readOnly: !existsSync(`${path}-journal`) });
  try {
    const [fault] = database.prepare("PRAGMA integrity_check(1)").all();
    const { integrity_check: verdict } = fault as { integrity_check: string };
    if (verdict !== "ok") throw new Error(verdict);
    checkHeader(path);
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

/** Bytes of SQLite's header that it takes for granted while it reads, and stumbles over when it writes. */
const WRITE_VERSION = 18, RESERVED_BYTES = 20;

/** Throws if the header of the database at `path` would have SQLite refuse to write, or write amiss. */
function checkHeader(path: string): void {
  const header = new Uint8Array(RESERVED_BYTES + 1);
  using file = Deno.openSync(path);
  // Shorter only while it is being made.
  if ((file.readSync(header) ?? 0) < header.length) return;
  if (header[WRITE_VERSION]! > 2 || header[RESERVED_BYTES] !== 0) {
    throw new Error("its header is damaged");
  }
}
