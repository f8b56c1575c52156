/**
 * A command as if on a machine that has nothing of ours: namespaces of its own, where folders and files are covered.
 *
 * @module
 */

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

/** `command` on such a machine; what it prints goes to the terminal. Linux lets this be done by root, and some others. */
export function bareMachine(
  command: readonly string[],
  { home, hidden }: BareMachine,
): Deno.Command {
  return new Deno.Command("unshare", {
    args: ["-rnm", "sh", "-euc", COVER, "cover", home, ...hidden, "--", ...command],
    ...{ stdin: "null", stdout: "inherit", stderr: "inherit" },
  });
}
