/**
 * Deno as a tool: this one, or another.
 *
 * @module
 */

/**
 * Runs the Deno at `path`; what it prints.
 *
 * @throws {Error} with what it said on stderr, if it fails
 */
export async function runDeno(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(path, {
    args: [...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).replace(/\n+Stack backtrace:[^]*$/, "");
    throw new Error(said.trim());
  }
  return new TextDecoder().decode(stdout);
}

/** The version of the Deno at `path`. */
export async function denoVersion(path: string): Promise<string> {
  const said = await runDeno(path, ["--version"]);
  const [, version] = /^deno (\d+\.\d+\.\d+)/.exec(said) ?? [];
  if (version === undefined) throw new Error(`it says "${said.trim()}" of its version`);
  return version;
}
