/**
 * `memloss --version`
 *
 * @module
 */
import { BUILD_NAMES, kernelBytes } from "../../backend/wasm/binaries.ts";
import { sha256 } from "../../format/sha256.ts";
import { TABLES } from "../../reproduce/table_file.ts";
import { OWN_RECIPES } from "../../run/named_recipe.ts";
import { sourceDigest, VERSION } from "../../run/program_version.ts";

/** Characters of a kernel's digest that tell it from others. */
const SHORT = 12;

/** The program's version, the digest of its code, the Deno that runs it, and what is embedded in it. */
export async function describeVersion(): Promise<string> {
  const kernels = BUILD_NAMES.map((build) =>
    `${build} ${sha256(kernelBytes(build)).slice(0, SHORT)}`
  );
  return [
    `memloss ${VERSION}`,
    `code     ${await sourceDigest()}`,
    `Deno     ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`,
    `kernels  ${kernels.join(", ")}`,
    `tables   ${Object.keys(TABLES).join(", ")}`,
    `recipes  ${Object.keys(OWN_RECIPES).join(", ")}`,
  ].join("\n");
}
