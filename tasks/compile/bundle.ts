/**
 * The program as one file of JavaScript, which needs no package and no configuration.
 *
 * @module
 */
import { runDeno } from "./deno.ts";

/**
 * For the bases of Deno before 2.7, whose files cannot be asked whether they are locked. A lock that is not had at once is
 * then waited for in vain.
 */
const TRY_LOCK = `Deno.FsFile.prototype.tryLock ??= function (exclusive) {
  return Promise.race([
    this.lock(exclusive).then(() => true),
    new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, 500, false))),
  ]);
};
`;

/** What esbuild puts in the place of `require`, and Deno its own: not where the short name that it gets has a `$` in it. */
const NO_REQUIRE = /=\([\w$]+=>typeof require<"u"[^]*?'" is not supported'\)\}\)/;
const DYNAMIC = "Dynamic require of ";
const REQUIRE = 'import { createRequire as nodesCreateRequire } from "node:module";\n';

/** Writes the program under `main` to `path`, bundled by this Deno. */
export async function writeBundle(main: string, path: string, config: string): Promise<void> {
  const options = ["--minify", "--platform", "deno", "--config", config, "--output", path];
  await runDeno(Deno.execPath(), ["bundle", "-q", ...options, main]);
  await Deno.writeTextFile(path, TRY_LOCK + withRequire(await Deno.readTextFile(path)));
}

/** `bundle` with Node's `require` where packages ask for Node's modules. */
export function withRequire(bundle: string): string {
  if (!bundle.includes(DYNAMIC)) return bundle;
  const made = bundle.replace(NO_REQUIRE, "=nodesCreateRequire(import.meta.url)");
  if (made.includes(DYNAMIC)) throw new Error("The bundle has a require() of another form.");
  return REQUIRE + made;
}
