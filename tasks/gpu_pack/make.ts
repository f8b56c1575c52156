/**
 * What is in the pack, and how it gets there. Its folders are those of the project, so that every file finds the others.
 *
 * @module
 */
import { dirname, join, resolve } from "@std/path";
import { RunError, UsageError } from "../../src/errors.ts";
import { mebibytes } from "../../src/format/mebibytes.ts";
import { writeBundle } from "../compile/bundle.ts";
import { findLibraries } from "./libraries.ts";

const ROOT = resolve(import.meta.dirname!, "..", "..");
const PLATFORM = "x86_64-unknown-linux-gnu";
/** Such machines are lent with as much room for what is brought along. */
export const MOST_BYTES = 64 * 2 ** 20;

/** PyTorch's side, and the step that the GPU's is held against. */
const FILES = [
  "tasks/bench_apgd.py",
  "tasks/bench_vs_pytorch.py",
  "tasks/gpu_check/pytorch_step.py",
  "tests/fixtures/make_fixtures.py",
  "tests/fixtures/steps_w2.safetensors",
];

/**
 * Makes the new folder `out`.
 *
 * @returns the size in bytes of every file in it, by its name
 * @throws {UsageError} if there is such a folder already
 * @throws {RunError} if this machine lacks something, or the pack is larger than it may be
 */
export async function makePack(out: string): Promise<Record<string, number>> {
  if (Deno.build.target !== PLATFORM) {
    throw new RunError(`A pack is made on the platform that it is for: ${PLATFORM}.`);
  }
  const libraries = await findLibraries();
  await Deno.mkdir(out).catch((error) => {
    throw new UsageError(`--out must name a new folder: ${error.message}`);
  });
  const sizes: Record<string, number> = {};
  const put = async (name: string, make: (path: string) => Promise<void>) => {
    const path = join(out, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await make(path);
    sizes[name] = (await Deno.stat(path)).size;
  };
  const copy = (from: string) => (path: string) => Deno.copyFile(from, path);
  await put("deno.xz", (path) => compress(Deno.execPath(), path));
  await put("tasks/gpu_check.js", (path) => {
    return writeBundle(join(ROOT, "tasks", "gpu_check.ts"), path, join(ROOT, "deno.json"));
  });
  for (const name of FILES) await put(name, copy(join(ROOT, name)));
  for (const [name, from] of libraries) await put(`lib/${name}`, copy(from));
  await put("start.sh", copy(join(import.meta.dirname!, "start.sh")));
  checkSize(sizes);
  return sizes;
}

/**
 * @throws {RunError} if files of these sizes are too much
 */
export function checkSize(sizes: Readonly<Record<string, number>>): void {
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  if (total <= MOST_BYTES) return;
  const [largest] = Object.entries(sizes).sort(([, a], [, b]) => b - a)[0]!;
  throw new RunError(
    `The pack has ${mebibytes(total)} MiB and may have ${mebibytes(MOST_BYTES)}: ` +
      `take something out of it; the largest file is ${largest}.`,
  );
}

/** `xz` at its quickest: a tenth of the time of its usual level, for a file that is a sixth larger. */
async function compress(from: string, to: string): Promise<void> {
  using input = await Deno.open(from);
  using output = await Deno.open(to, { write: true, createNew: true });
  const child = new Deno.Command("xz", {
    args: ["-0", "-T0", "-c"],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const [, , { success }, said] = await Promise.all([
    input.readable.pipeTo(child.stdin),
    child.stdout.pipeTo(output.writable),
    child.status,
    new Response(child.stderr).text(),
  ]);
  if (!success) throw new RunError(`xz failed: ${said.trim()}`);
}
