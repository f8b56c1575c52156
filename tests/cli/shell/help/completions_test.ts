import assert from "node:assert/strict";
import type { Command } from "../../../../src/cli/shell/command.ts";
import { completionScript, type Shell } from "../../../../src/cli/shell/help/completions.ts";
import { choiceFlag, switchFlag, textFlag } from "../../../../src/recipe/flag.ts";
import { startCommand } from "../../../testing/program.ts";

const run = () => Promise.resolve();
const COMMANDS: Command[] = [
  {
    ...{
      name: "train",
      positionals: "",
      summary: "train 'it'; $HOME [a]: \"b\"",
      examples: [],
      run,
    },
    flags: {
      variant: choiceFlag("variant", ["v1", "v2", "mart"], "which"),
      out: textFlag("out", "FILE", "where it's put: $(false)"),
      resume: switchFlag("resume", "go on"),
      attack: { ...textFlag("attack", "clean,…", "how"), known: ["clean", "curve"] },
    },
  },
  {
    ...{ name: "completions", positionals: "bash|zsh", summary: "teach", examples: [], run },
    flags: {},
  },
  {
    ...{ name: "memory", positionals: "stats|verify", summary: "look", examples: [], run },
    flags: { rebuild: switchFlag("rebuild", "anew"), json: switchFlag("json", "JSON") },
    actions: {
      stats: { operands: ["RUN_DIR"], flags: ["json"] },
      fetch: { operands: ["cifar10|svhn"], flags: [] },
      verify: { operands: ["RUN_DIR"], flags: ["json", "rebuild"] },
    },
  },
];

/** What has to be offered behind words, the last of which is begun. */
const OFFERED: readonly [words: readonly string[], offered: readonly string[]][] = [
  [["tr"], ["train"]],
  [["memory", ""], ["fetch", "stats", "verify"]],
  [["memory", "fetch", ""], ["cifar10", "svhn"]],
  [["completions", ""], ["bash", "zsh"]],
  [["train", "--attack", "c"], ["clean", "curve"]],
  [["train", "--re"], ["--resume"]],
  [["train", "--variant", "v"], ["v1", "v2"]],
  [["train", "--resume", "--variant", "m"], ["mart"]],
  [["memory", "verify", "--re"], ["--rebuild"]],
  [["memory", "stats", "--re"], []],
  [["memory", "stats", "--q"], ["--quiet"]],
];

/** How a shell is asked what it completes. */
const ASK: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `COMP_WORDS=(memloss ${words.map((word) => `'${word}'`).join(" ")}); ` +
    `COMP_CWORD=${words.length}; _memloss; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The completion system itself wants a terminal: what the script tells it is printed instead.
  zsh: (words) =>
    `words=(memloss ${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length + 1}; ` +
    `compadd() { shift; print -l -- "$@" }; _files() { }; ` +
    `_describe() { print -l -- \${\${(P)@[-1]}%%:*} }; _memloss`,
  fish: (words) => `complete -C '${["memloss", ...words].join(" ")}'`,
};

async function isThere(shell: string): Promise<boolean> {
  return await startCommand("/bin/sh", { args: ["-c", `command -v ${shell}`] }).ended
    .then(({ code }) => code === 0);
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  Deno.test({
    name: `completionScript() teaches ${shell} commands, actions, flags and choices`,
    ignore: !await isThere(shell) && Deno.env.get("CI") === undefined,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "memloss-completions-" });
      try {
        const define = shell === "zsh" ? "compdef() { }\n" : "";
        const script = `${folder}/script`;
        await Deno.writeTextFile(script, define + completionScript(shell, COMMANDS));
        for (const [words, offered] of OFFERED) {
          const line = `. ${script}; ${ASK[shell](words)}`;
          const options = { cwd: folder, env: { HOME: folder, XDG_CONFIG_HOME: folder } };
          const args = shell === "zsh" ? ["-f", "-c", line] : ["-c", line];
          const { code, stdout, stderr } = await startCommand(shell, { args, ...options }).ended;
          assert.deepEqual([code, stderr], [0, ""], `${shell}: ${words}`);
          const begun = words.at(-1)!;
          const told = stdout.split("\n").map((each) => each.split("\t")[0]!)
            // A shell takes the words that go on from what was begun.
            .filter((each) => each !== "" && each !== "script" && each.startsWith(begun));
          assert.deepEqual(told.sort(), [...offered], `${shell}: ${words}`);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
