/**
 * A command as if on a machine that has nothing of ours: namespaces of its own, where folders and files are covered.
 *
 * @module
 */
import { RunError } from "../../src/errors.ts";

/** What it may not see, and what it is given instead. */
export interface BareMachine {
  /** An empty folder, its home and where it begins. */
  readonly home: string;
  /** Folders, which it finds empty, and files, which it finds without content. */
  readonly hidden: readonly string[];
}

/** `mount` comes before the command, which sees no other network than one that is down. */
const COVER = `
home=$1; shift
while [ "$1" != -- ]; do
  path=$(readlink -f "$1")
  if [ -d "$path" ]; then mount -t tmpfs none "$path"; else mount --bind /dev/null "$path"; fi
  shift
done
shift
cd "$home"
exec env -i PATH=/usr/bin:/bin HOME="$home" GALLIVM_PERF=nopt "$@"
`;

/**
 * `command` on such a machine; what it prints goes to the terminal. Where the system lets nobody make namespaces, as in
 * some containers, that is said, and only the environment, the home and the folder are others; in CI it fails.
 */
export async function bareMachine(
  command: readonly string[],
  { home, hidden }: BareMachine,
): Promise<Deno.Command> {
  const { success, stderr } = await new Deno.Command("unshare", { args: ["-rnm", "true"] })
    .output();
  if (!success) {
    const why = new TextDecoder().decode(stderr).trim();
    if (Deno.env.get("CI") !== undefined) throw new RunError(`No namespaces here: ${why}.`);
    console.log(
      `No namespaces here (${why}): network, project, Deno and Vulkan's loader are not hidden.`,
    );
  }
  const script = ["-euc", COVER, "cover", home, ...success ? hidden : [], "--", ...command];
  return new Deno.Command(success ? "unshare" : "sh", {
    args: success ? ["-rnm", "sh", ...script] : script,
    ...{ stdin: "null", stdout: "inherit", stderr: "inherit" },
  });
}
