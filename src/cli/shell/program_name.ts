/**
 * How a command is typed on this installation: the binary has a name, a checkout has a task.
 *
 * @module
 */

/** `args` as a command line that can be pasted into a shell. */
export function commandLine(...args: string[]): string {
  const program = Deno.build.standalone ? "memloss" : "deno task memloss";
  return [program, ...args.map(quote)].join(" ");
}

function quote(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
