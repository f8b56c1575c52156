/**
 * Zip archives: entries that are stored as they are, as PyTorch writes them, are a part of their bytes, and deflated ones,
 * as NumPy writes them, are unpacked as far as somebody asks for them.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { UsageError } from "../../errors.ts";
import { quoted } from "../quoted.ts";
import { EntryReader } from "./entry_reader.ts";
import { DEFLATED, type PlacedEntry, STORED, ZipHeaders } from "./headers.ts";

/** An archive, all of whose headers agree. */
export interface ZipArchive {
  /** What is in it, folders left out. */
  readonly names: readonly string[];
  /**
   * The bytes of the entry `name`, a part of the archive's; undefined if there is none.
   *
   * @throws {UsageError} if it is compressed, encrypted or damaged
   */
  read(name: string): Uint8Array | undefined;
  /**
   * The entry `name`, stored or deflated, from front to back; undefined if there is none.
   *
   * @throws {UsageError} if it is encrypted or packed otherwise
   */
  open(name: string): EntryReader | undefined;
}

/**
 * Looks through the archive `bytes`.
 *
 * @param source the file, for error messages
 * @throws {UsageError} if it is damaged, or an entry overlaps another, comes twice, or has a name that leads out of a folder
 */
export function openZip(bytes: Uint8Array, source: string): ZipArchive {
  const refuse = (what: string): never => {
    throw new UsageError(`${source} is not a usable zip archive: ${what}.`);
  };
  try {
    const entries = new ZipHeaders(bytes).entries();
    return {
      names: [...entries.keys()].filter((name) => !name.endsWith("/")),
      read(name) {
        const entry = entries.get(name);
        const fault = entry && faultOf(entry);
        return fault === undefined ? entry?.content : refuse(`${quoted(name)} is ${fault}`);
      },
      open(name) {
        const placed = entries.get(name);
        if (placed === undefined) return undefined;
        const { entry: { encrypted, method, size, checksum }, content } = placed;
        if (encrypted) return refuse(`${quoted(name)} is encrypted`);
        if (method !== STORED && method !== DEFLATED) {
          return refuse(`${quoted(name)} is packed by method ${method}, and only deflate is known`);
        }
        return new EntryReader(content, { size, checksum, deflated: method === DEFLATED });
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return refuse("it was cut short"); // which a DataView throws
    if (!(error instanceof TypeError)) throw error;
    return refuse(error.message);
  }
}

/** Why an entry cannot be read as it lies there; undefined if it can. */
function faultOf(
  { entry: { encrypted, method, checksum }, content }: PlacedEntry,
): string | undefined {
  if (encrypted) return "encrypted";
  if (method !== STORED) return "compressed, which torch.save never does";
  return crc32(content) === checksum ? undefined : "damaged: its checksum is another";
}
