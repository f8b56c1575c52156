/**
 * How a command is typed on this installation: the binary is a file somewhere, a checkout has a task.
 *
 * @module
 */
import { join, resolve } from "@std/path";
import { asTyped, shellWord } from "../../format/command_line.ts";

/** Where this module lies in the source tree; in a bundle there is none. */
const OWN_PATH = join("src", "cli", "shell", "program_name.ts");
/** The folder of a Deno that `npx` has got for one command. */
const NPX = /[\\/]_npx[\\/]/;

/** What is known of how the program was started. */
export interface Installation {
  /** Whether it is a binary of its own. */
  readonly standalone: boolean;
  /** The file that runs: the binary, or Deno. */
  readonly executable: string;
  readonly denoVersion: string;
  /** The folder of the source; undefined in a bundle. */
  readonly root: string | undefined;
  /** The folder that the user is in. */
  readonly cwd: string;
}

function installation(): Installation {
  const self = import.meta.filename;
  return {
    standalone: Deno.build.standalone,
    executable: Deno.execPath(),
    denoVersion: Deno.version.deno,
    root: self?.endsWith(OWN_PATH) ? resolve(self, "..", "..", "..", "..") : undefined,
    cwd: Deno.cwd(),
  };
}

/** What calls the program where the user stands. */
export function programHere(): string {
  return programName(installation());
}

/** `args` as a command line that can be pasted into the shell that the program was started from. */
export function commandLine(...args: string[]): string {
  return `${programHere()} ${args.map(shellWord).join(" ")}`;
}

/** The task `name` with `args` as a command line that can be pasted there. */
export function taskLine(name: string, ...args: string[]): string {
  return [programName(installation(), name), ...args.map(shellWord)].join(" ");
}

/** `text` with the commands that it advises as they are typed here. */
export function withCommands(text: string): string {
  return text.includes("`memloss ") ? asTyped(text, programHere()) : text;
}

/** `args` as a command line for people elsewhere, who stand in their copy of the project. */
export function commandOfProject(...args: string[]): string {
  const program = Deno.build.standalone ? "memloss" : "deno task memloss";
  return [program, ...args.map(shellWord)].join(" ");
}

/** The words that call this program from any folder, on machines that have its files where this one has them. */
export function programAnywhere(
  { standalone, executable, root }: Installation = installation(),
): string[] {
  if (standalone) return [executable];
  if (root === undefined) return ["memloss"];
  const config = ["--config", join(root, "deno.json"), "-P=memloss"];
  return [executable, "run", "--frozen", ...config, join(root, "src", "main.ts")];
}

/** What calls the program, or another task of a checkout, on `installation`. */
export function programName(
  { standalone, executable, denoVersion, root, cwd }: Installation,
  task = "memloss",
): string {
  if (standalone) {
    const folder = join(cwd, "/");
    return shellWord(
      executable.startsWith(folder) ? `./${executable.slice(folder.length)}` : executable,
    );
  }
  if (root === undefined) return task;
  const deno = NPX.test(executable) ? `npx -y deno@${denoVersion}` : "deno";
  const inside = join(cwd, "/").startsWith(join(root, "/"));
  return `${deno} task${inside ? "" : ` --config ${shellWord(join(root, "deno.json"))}`} ${task}`;
}
