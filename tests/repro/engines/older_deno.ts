/**
 * Loaded before the program where Deno is older than the program asks for: what that lacks.
 *
 * @module
 */
const file = Deno.FsFile.prototype;
// Since Deno 2.7. Nobody else has the files of a test.
file.tryLock ??= async function (this: Deno.FsFile, exclusive?: boolean): Promise<boolean> {
  await this.lock(exclusive);
  return true;
};
