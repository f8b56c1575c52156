/** Small data sets in CIFAR-10's format, as files and as an archive. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { join } from "@std/path";
import { type Header, pack } from "tar-stream";
import { CIFAR10 } from "../../src/data/sets/cifar10.ts";
import type { PublishedSet } from "../../src/data/sets/definition.ts";

export const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
export const ALL_FILES = [...TRAIN_FILES, "test_batch.bin"];
export const FOLDER = "cifar-10-batches-bin";

/** One record per label; pixel byte `i` (planar) of every record is `pixel(record, i)`. */
export function records(labels: readonly number[], pixel = (r: number, i: number) => r * 31 + i) {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, r) => {
    bytes[r * 3073] = label;
    for (let i = 0; i < 3072; i++) bytes[r * 3073 + 1 + i] = pixel(r, i);
  });
  return bytes;
}

/** Two records in each training file, three in the test file. */
export function smallFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  TRAIN_FILES.forEach((name, f) => files.set(name, records([f, 9 - f], (r, i) => f + 7 * r + i)));
  files.set("test_batch.bin", records([3, 8, 8]));
  return files;
}

export async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>) {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await Deno.writeFile(join(folder, name), bytes);
}

export type ArchiveEntry = Partial<Header> & { name: string; body?: Uint8Array | string };

/** A tar of `entries`, in order, exactly as named. */
export async function makeTar(entries: readonly ArchiveEntry[]): Promise<Uint8Array<ArrayBuffer>> {
  const archive = pack();
  for (const { body, ...header } of entries) archive.entry(header, body ?? "");
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

export async function makeTarGz(entries: readonly ArchiveEntry[]) {
  return new Uint8Array(gzipSync(await makeTar(entries)));
}

/** The entries of a well-formed archive with `files` in CIFAR-10's folder. */
export function datasetEntries(files: ReadonlyMap<string, Uint8Array>): ArchiveEntry[] {
  return [
    { name: `${FOLDER}/`, type: "directory" },
    ...[...files].map(([name, body]) => ({ name: `${FOLDER}/${name}`, body })),
    { name: `${FOLDER}/readme.html`, body: "<p>not wanted</p>" },
  ];
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** CIFAR-10 as if it were exactly `archive`, with the counts of {@linkcode smallFiles}. */
export function setOf(archive: Uint8Array, url: string): PublishedSet {
  const { source, splits } = CIFAR10;
  return {
    ...CIFAR10,
    source: {
      ...source,
      url: `${url}/made.tar.gz`,
      bytes: archive.length,
      sha256: sha256(archive),
      documents: [],
    },
    splits: {
      train: { ...splits.train, images: 10 },
      test: { ...splits.test, images: 3 },
    },
  };
}

/** Everything below `directory`, sorted, as relative paths. */
export async function listTree(directory: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    found.push(prefix + entry.name);
    if (entry.isDirectory) {
      found.push(...await listTree(join(directory, entry.name), `${prefix}${entry.name}/`));
    }
  }
  return found.sort();
}

/** Runs `body` with a directory that is removed afterwards. */
export async function withDirectory(body: (directory: string) => Promise<void>) {
  const directory = await Deno.makeTempDir({ prefix: "memloss-data-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
