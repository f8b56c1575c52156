/**
 * What a data set is before any of it is loaded: one file of this folder defines each, and `sets.ts` is their table.
 *
 * @module
 */
import type { Dataset, ImageShape, SplitName } from "../dataset.ts";
import type { TestChoice } from "../folder/listing.ts";
import type { FolderChoice } from "../folder/read_folder.ts";

/** What is known of every data set. */
export interface SetDescription<Name extends string> {
  /** What it is called on the command line, e.g. `cifar10`. */
  readonly name: Name;
  /** What people call it, e.g. `CIFAR-10`. */
  readonly title: string;
  /** Class names, in label order; at most 256, because a label is a byte. */
  readonly classes: readonly string[];
  /** Size of every image. */
  readonly shape: ImageShape;
  /** Whether an image in a mirror is another one of its class; true unless given. */
  readonly mirrors?: boolean;
}

/** A file that is fetched. */
export interface Download {
  /** Its address. */
  readonly url: string;
  /** Its size. */
  readonly bytes: number;
  /** Its SHA-256, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Where a data set is fetched from: one gzipped tar archive with one folder in it. */
export interface ArchiveSource extends Download {
  /** The archive's one folder, and the folder's name in the data directory. */
  readonly folder: string;
  /** Files of that folder that are fetched beside the images. */
  readonly documents: readonly string[];
}

/** Where a data set is fetched from that has no archive: its files, one by one, under their own names. */
export interface FileSource {
  /** The folder that they are put in, in the data directory. */
  readonly folder: string;
  /** All of them. */
  readonly files: readonly Download[];
}

/** Where a data set is fetched from. */
export type Source = ArchiveSource | FileSource;

/** What is fetched from `source`. */
export function downloadsOf(source: Source): readonly Download[] {
  return "files" in source ? source.files : [source];
}

/** One part of a data set on disk. */
export interface SplitFiles {
  /** Its files, in the order that numbers the images. */
  readonly files: readonly string[];
  /** Images in the published files. */
  readonly images: number;
}

/** The images and labels of one file. */
export interface LabelledImages {
  /** As in {@linkcode Dataset}. */
  readonly images: Uint8Array;
  /** As in {@linkcode Dataset}. */
  readonly labels: Uint8Array;
}

/** Files that hold a data set. */
export interface SetFiles {
  /** The files of its two parts. */
  readonly splits: Readonly<Record<SplitName, SplitFiles>>;
  /**
   * What the bytes of one file say.
   *
   * @param path its name, for errors
   * @throws {UsageError} naming `path` if they are malformed
   */
  decode(bytes: Uint8Array<ArrayBuffer>, path: string): LabelledImages | Promise<LabelledImages>;
}

/** Other files with the same images in the same order. */
export interface OtherFiles extends SetFiles {
  /** The name of their folder in the data directory. */
  readonly folder: string;
}

/** A data set that lies on disk as its authors published it. */
export interface PublishedSet<Name extends string = string> extends SetDescription<Name>, SetFiles {
  /** Where it is fetched from. */
  readonly source: Source;
  /** What it is read from where the files that are fetched are not there; none unless given. */
  readonly others?: readonly OtherFiles[];
}

/** A data set that is computed, and needs no files. */
export interface GeneratedSet<Name extends string = string> extends SetDescription<Name> {
  /** Images of one part; equal seeds give equal bytes. */
  generate(split: SplitName, seed: number): Dataset;
}

/** Width and height of an image. */
export interface ImageSize {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** What was found of a {@linkcode FoundSet}. */
export interface FoundVerification {
  /** As in {@linkcode SetDescription}. */
  readonly name: string;
  /** The folder or file. */
  readonly directory: string;
  /** In label order, with the images of each part. */
  readonly classes: readonly {
    readonly name: string;
    readonly train: number;
    readonly test: number;
  }[];
  /** Number of training images. */
  readonly train: number;
  /** Number of test images. */
  readonly test: number;
  /** Whether the parts lie apart, or were drawn. */
  readonly split: "folders" | "drawn";
  /** Files and folders that are no images, and hidden ones, where they are looked at. */
  readonly ignored?: number;
  /** The image with the fewest pixels. */
  readonly smallest: ImageSize;
  /** The image with the most pixels. */
  readonly largest: ImageSize;
  /** SHA-256 of all of it. */
  readonly sha256: string;
}

/** A data set that is whatever lies in a folder: its classes are known once that is looked at. */
export interface FoundSet<Name extends string = string> {
  /** As in {@linkcode SetDescription}. */
  readonly name: Name;
  /** As in {@linkcode SetDescription}. */
  readonly title: string;
  /**
   * Images of one part.
   *
   * @param directory the folder, which has to be given
   * @throws {UsageError} naming the folder or file that is wrong
   */
  read(split: SplitName, directory: string | undefined, choice: FolderChoice): Promise<Dataset>;
  /**
   * Reads all of it.
   *
   * @param directory as in {@linkcode FoundSet.read}
   * @param choice which of it tests, where none is set apart
   * @throws {UsageError} naming the folder or file that is wrong
   */
  verify(directory: string | undefined, choice: TestChoice): Promise<FoundVerification>;
}

/** A data set whose classes and image size are known before anything is read. */
export type DescribedSet<Name extends string = string> = PublishedSet<Name> | GeneratedSet<Name>;

/** Any data set. */
export type SetDefinition<Name extends string = string> = DescribedSet<Name> | FoundSet<Name>;

/** Whether `set` is whatever lies in a folder or file. */
export function isFound(set: SetDefinition): set is FoundSet {
  return "read" in set;
}

/** All files that `set` may lie in: first those that are fetched. */
export function layoutsOf(set: PublishedSet): readonly OtherFiles[] {
  const { source: { folder }, others = [] } = set;
  return [{ folder, splits: set.splits, decode: set.decode }, ...others];
}

/** Whether `set` lies on disk. */
export function isPublished(set: SetDefinition): set is PublishedSet {
  return "source" in set;
}

/** Whether `set` is computed. */
export function isGenerated(set: SetDefinition): set is GeneratedSet {
  return "generate" in set;
}

/** Every file of `set` that is fetched. */
export function filesOf({ source, splits }: PublishedSet): string[] {
  return [..."documents" in source ? source.documents : [], ...imageFilesOf(splits)];
}

/** The files that have images. */
export function imageFilesOf({ train, test }: PublishedSet["splits"]): string[] {
  return [...train.files, ...test.files];
}
