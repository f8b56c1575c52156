import assert from "node:assert/strict";
import { SUMMARIES } from "../../../src/cli/summaries.ts";
import { assertRefused, memloss, memlossDone } from "../memloss.ts";

Deno.test("memloss completions prints a script that knows every command, and refuses other shells", async () => {
  const { stdout } = await memlossDone("completions", "bash");
  for (const name of [...Object.keys(SUMMARIES), "memory gc"]) {
    assert.match(stdout, new RegExp(`^ {4}"${name}"\\) .*--quiet`, "m"));
  }
  for (
    const [place, words] of [
      ["data fetch", "cifar10 cifar100 svhn"],
      ["completions", "bash zsh fish"],
      ["reproduce:--table", "paper methods beyond"],
      ["reproduce:--scale", "full small"],
      ["eval:--attack", "clean fgsm pgd20 cw20 curve autoattack"],
      ["eval:--corruptions", "all .*fog"],
      ["bench:--what", "kernels step"],
    ]
  ) {
    assert.match(stdout, new RegExp(`^ {4}"${place}"\\) .*'${words}`, "m"));
  }
  assertRefused(await memloss("completions", "tcsh"), 2, /memloss completions bash\|zsh\|fish\.$/);
});
