/**
 * Compiles the CPU engine's kernels, `src/backend/wasm/assembly/*.ts`, to the four binaries in
 * `src/backend/wasm/kernels/`, modules with a string each: every host and bundler can load those. Equal sources give
 * equal bytes.
 *
 * ```sh
 * deno task kernels
 * ```
 *
 * @module
 */
import asc from "assemblyscript/asc";
import { join } from "@std/path";

const ENGINE = join(import.meta.dirname!, "..", "src", "backend", "wasm");

/**
 * Flags of every build: no runtime, no checks, memory from outside. At `-O3` the optimiser moves every multiply-add to the
 * next one that needs it, and the products' sums no longer fit the registers.
 */
const COMMON = [
  ...["index.ts", "--outFile", "kernels.wasm", "-O2", "--runtime", "stub", "--noAssert"],
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
    const { error, stderr } = await asc.main([...COMMON, ...flags], {
      readFile: readSource,
      writeFile: (_, contents) => {
        binaries.set(name, new Uint8Array(contents as Uint8Array));
      },
      listFiles: () => [],
    });
    if (error) throw new Error(`${error.message}\n${stderr}`);
  }
  return binaries;
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
function readSource(name: string): string | null {
  try {
    return Deno.readTextFileSync(join(ENGINE, "assembly", name));
  } catch {
    return null;
  }
}

if (import.meta.main) {
  for (const [name, binary] of await buildKernels()) {
    await Deno.writeTextFile(join(ENGINE, "kernels", `${name}.ts`), kernelModule(binary));
    console.log(`${name}: ${binary.length} bytes`);
  }
}
