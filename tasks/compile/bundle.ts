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

/** Writes the program under `main` to `path`, bundled by this Deno. */
export async function writeBundle(main: string, path: string, config: string): Promise<void> {
  const options = ["--minify", "--platform", "deno", "--config", config, "--output", path];
  await runDeno(Deno.execPath(), ["bundle", "-q", ...options, main]);
  await Deno.writeTextFile(path, TRY_LOCK + await Deno.readTextFile(path));
}
