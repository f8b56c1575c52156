/**
 * A data set and a run that take a second.
 *
 * @module
 */
import { join } from "@std/path";
import { withDefaults } from "./memloss.ts";
import { records, TRAIN_FILES, writeFiles } from "../data/made_cifar10.ts";

/** Training and test images of {@linkcode writeTinyData}. */
export const TINY = { train: 20, test: 12 } as const;

/** Writes CIFAR-10 files with {@linkcode TINY} images to `folder`; `perFile` training images in each of five files. */
export async function writeTinyData(folder: string, perFile = TINY.train / 5): Promise<void> {
  const labels = (n: number, first: number) =>
    Array.from({ length: n }, (_, i) => (first + i) % 10);
  // Pixels that differ between images and files, and are no plain ramp.
  const pixel = (file: number) => (record: number, i: number) =>
    (i * (3 + file) ^ record * 37) + 11 * file;
  const files = new Map(
    TRAIN_FILES.map((name, file) => [name, records(labels(perFile, 3 * file), pixel(file))]),
  );
  files.set("test_batch.bin", records(labels(TINY.test, 0), pixel(6)));
  await writeFiles(folder, files);
}

/** What makes a run tiny. */
export const TINY_FLAGS: readonly string[] = [
  ...["--width=1", "--epochs=2", "--batch-size=8", "--backend=wasm"],
  "--workers=1", // the other threads would only wait
];

/** A folder with the tiny data in `data`, for the tests of one file. */
export class TinyWorld {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<TinyWorld> {
    const world = new TinyWorld(await Deno.makeTempDir({ prefix: "memloss-cli-" }));
    await writeTinyData(world.data);
    return world;
  }

  get data(): string {
    return this.path("data");
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** `train` into `runDir` on the tiny data, but for what `more` flags say. */
  trainArgs(runDir: string, ...more: string[]): string[] {
    const own = [`--data-dir=${this.data}`, `--run-dir=${runDir}`, ...TINY_FLAGS];
    return ["train", ...withDefaults(own, more)];
  }

  async remove(): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}
