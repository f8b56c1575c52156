/**
 * Python packages that others wrote, as judges of what this program writes and reads.
 *
 * Where they are not installed the tests are skipped, but in CI they fail.
 *
 * @module
 */

/** Which Python has the packages: CI makes a virtual environment for them. */
const PYTHON = Deno.env.get("MEMLOSS_JUDGES") ?? "/usr/bin/python3";
const FIND = `
import importlib.util, sys
missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
print(" ".join(missing), end="")
`;

/** Runs a Python script with arguments; what it prints. */
export type Judge = (script: string, ...args: readonly string[]) => Promise<string>;

/** Defines a test whose Python scripts import `packages`, such as `torch`; `ignore` is for what else may be missing. */
export function judgedTest(
  name: string,
  packages: readonly string[],
  test: (judge: Judge) => Promise<void>,
  ignore = false,
): void {
  const fault = judgeFault(packages);
  Deno.test({
    name,
    ignore: ignore || fault !== undefined && Deno.env.get("CI") === undefined,
    async fn() {
      if (fault !== undefined) throw new Error(fault);
      await test(judge);
    },
  });
}

/** Why `packages` cannot be used here, or undefined if they can. */
function judgeFault(packages: readonly string[]): string | undefined {
  try {
    const { success, stdout, stderr } = new Deno.Command(PYTHON, {
      args: ["-c", FIND, ...packages],
    }).outputSync();
    if (!success) return new TextDecoder().decode(stderr);
    const missing = new TextDecoder().decode(stdout);
    return missing === "" ? undefined : `${PYTHON} has no ${missing.replaceAll(" ", ", ")}`;
  } catch (error) {
    return `${PYTHON}: ${(error as Error).message}`;
  }
}

async function judge(script: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(PYTHON, {
    args: ["-c", script, ...args],
    env: { OMP_NUM_THREADS: "2", TF_CPP_MIN_LOG_LEVEL: "3" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
