/** Small versions of every published data set: files, archives, and definitions that fit them. */
import { basename, join } from "@std/path";
import type { SplitName } from "../../src/data/dataset.ts";
import { filesOf, type PublishedSet } from "../../src/data/sets/definition.ts";
import { madeMat } from "../format/arrays/made_mat.ts";
import { makeTarGz, records, sha256 } from "./made_cifar10.ts";

/** What writes a file of one record for each label, by the data set's name; pixels as in `records`. */
const WRITERS: Readonly<Record<string, typeof records>> = {
  cifar10: records,
  cifar100: cifar100Records,
  svhn: svhnFile,
};

/** The digits as SVHN has them, packed as it is published. */
function svhnFile(...[labels, pixel = (r, i) => r * 31 + i]: Parameters<typeof records>) {
  const n = labels.length;
  const values = Uint8Array.from(
    { length: n * 3072 },
    (_, i) => pixel(Math.floor(i / 3072), i % 3072),
  );
  const digits = labels.map((label) => label === 0 ? 10 : label);
  return madeMat([
    { name: "X", shape: [32, 32, 3, n], values },
    { name: "y", shape: [n, 1], values: digits },
  ], { packed: true });
}

/** A byte for the superclass, a fifth of the label, before each record as CIFAR-10 has it. */
export function cifar100Records(...[labels, pixel]: Parameters<typeof records>) {
  const single = records(labels, pixel);
  const bytes = new Uint8Array(single.length + labels.length);
  labels.forEach((label, r) => {
    bytes[r * 3074] = Math.floor(label / 5);
    bytes.set(single.subarray(r * 3073, (r + 1) * 3073), r * 3074 + 1);
  });
  return bytes;
}

/** How many images there are in each part. */
export type Counts = Readonly<Record<SplitName, number>>;

/** All files of `set` with as many images; labels go round, and pixels differ between images and files. */
export function madeFiles(set: PublishedSet, counts: Counts): Map<string, Uint8Array> {
  const write = WRITERS[set.name]!;
  const made = new Map<string, Uint8Array>();
  for (const split of ["train", "test"] as const) {
    const { files } = set.splits[split];
    for (const [f, file] of files.entries()) {
      const n = counts[split] / files.length;
      const labels = Array.from({ length: n }, (_, i) => (f * n + i) % set.classes.length);
      made.set(file, write(labels, (r, i) => (i * (3 + f) ^ r * 37) + 11 * f));
    }
  }
  return made;
}

/** What is fetched of `set` if `files` are published: an archive of them, or each by itself. */
export async function madeDownloads(
  set: PublishedSet,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Uint8Array[]> {
  if ("files" in set.source) return set.source.files.map(({ url }) => files.get(basename(url))!);
  const { folder } = set.source;
  const archive = await makeTarGz([
    { name: `${folder}/`, type: "directory" },
    ...filesOf(set).map((name) => ({ name: `${folder}/${name}`, body: files.get(name) ?? name })),
  ]);
  return [archive];
}

/** `set` as if exactly `downloads` were published at `url`. */
export function asMade(
  set: PublishedSet,
  downloads: readonly Uint8Array[],
  url: string,
  { train, test }: Counts,
): PublishedSet {
  const made = (name: string, bytes: Uint8Array) => ({
    url: `${url}/${name}`,
    bytes: bytes.length,
    sha256: sha256(bytes),
  });
  const { source } = set;
  return {
    ...set,
    source: "files" in source
      ? { ...source, files: source.files.map((file, i) => made(basename(file.url), downloads[i]!)) }
      : { ...source, ...made("made.tar.gz", downloads[0]!) },
    splits: {
      train: { ...set.splits.train, images: train },
      test: { ...set.splits.test, images: test },
    },
  };
}

/** Where {@linkcode madeFiles} would be in `directory`. */
export function folderOf({ source }: PublishedSet, directory: string): string {
  return join(directory, source.folder);
}
