/**
 * Compiles the CPU engine's kernels, `src/backend/wasm/assembly/*.ts`, to the four binaries in
 * `src/backend/wasm/kernels/`, and those of `src/random/assembly/` to one beside it: modules with a string each, which every
 * host and bundler can load. Equal sources give equal bytes.
 *
 * ```sh
 * deno task kernels
 * ```
 *
 * @module
 */
import asc from "assemblyscript/asc";
import { join } from "@std/path";

const SRC = join(import.meta.dirname!, "..", "src");
const ENGINE = join(SRC, "backend", "wasm"), RANDOM = join(SRC, "random");

/**
 * Flags of every build: no runtime, no checks, memory from outside. At `-O3` the optimiser moves every multiply-add to the
 * next one that needs it, and the products' sums no longer fit the registers.
 */
const COMMON = [
  ...["--outFile", "kernels.wasm", "-O2", "--runtime", "stub", "--noAssert"],
  ...["--importMemory", "--enable", "simd", "--enable", "bulk-memory"],
];
const RELAXED = ["--enable", "relaxed-simd"];
const SHARED = [
  ...["--enable", "threads", "--sharedMemory"],
  ...["--initialMemory", "1", "--maximumMemory", "65536"],
];

/** What distinguishes the binaries: fused multiply-add or strict rounding, memory that threads share or not. */
const BUILDS: Readonly<Record<string, readonly string[]>> = {
  relaxed: [...RELAXED, ...SHARED],
  strict: SHARED,
  "relaxed-unshared": RELAXED,
  "strict-unshared": [],
};

/**
 * The binaries by the builds' names, compiled from the sources as they are.
 *
 * @throws {Error} with the compiler's messages
 */
export async function buildKernels(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const binaries = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [name, flags] of Object.entries(BUILDS)) {
    binaries.set(name, await build(join(ENGINE, "assembly"), "index.ts", flags));
  }
  return binaries;
}

/** The binary of `random/normals.ts`. */
export function buildNormals(): Promise<Uint8Array<ArrayBuffer>> {
  return build(join(RANDOM, "assembly"), "normals.ts", []);
}

async function build(
  folder: string,
  source: string,
  flags: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  let binary = new Uint8Array();
  const { error, stderr } = await asc.main([source, ...COMMON, ...flags], {
    readFile: (name) => readSource(folder, name),
    writeFile: (_, contents) => void (binary = new Uint8Array(contents as Uint8Array)),
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return binary;
}

/** The module that embeds `binary` in the program. */
export function kernelModule(binary: Uint8Array): string {
  return `// Compiled from ../assembly/ by \`deno task kernels\`: not to be edited.

/** The kernels' binary. */
export const BASE64: string =
  "${binary.toBase64()}";
`;
}

/** The compiler asks for many files that may exist, its library's among them: null tells it to look elsewhere. */
function readSource(folder: string, name: string): string | null {
  try {
    return Deno.readTextFileSync(join(folder, name));
  } catch {
    return null;
  }
}

if (import.meta.main) {
  for (const [name, binary] of await buildKernels()) {
    await Deno.writeTextFile(join(ENGINE, "kernels", `${name}.ts`), kernelModule(binary));
    console.log(`${name}: ${binary.length} bytes`);
  }
  const normals = await buildNormals();
  await Deno.writeTextFile(join(RANDOM, "kernels", "normals.ts"), kernelModule(normals));
  console.log(`normals: ${normals.length} bytes`);
}
