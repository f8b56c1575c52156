/**
 * Packs all that `gpu-check` needs on a bare x86-64 Linux machine with a GPU's driver, and no network, into a folder.
 *
 * ```sh
 * deno task gpu-pack --out DIR      # here
 * DIR/start.sh --minutes 13 --out RESULTS    # there
 * ```
 *
 * @module
 */
import { resolve } from "@std/path";
import { readArguments } from "../src/cli/shell/command.ts";
import { UsageError } from "../src/errors.ts";
import { mebibytes } from "../src/format/mebibytes.ts";
import { textFlag } from "../src/recipe/flag.ts";
import { makePack, MOST_BYTES } from "./gpu_pack/make.ts";
import { runTask } from "./run_task.ts";

const FLAGS = { out: textFlag("out", "DIR", "new folder for the pack (required)") } as const;

async function pack(args: readonly string[]): Promise<void> {
  const { flags: { out } } = readArguments(args, FLAGS, 0);
  if (out === undefined) throw new UsageError("--out DIR says where to put the pack.");
  const files = await makePack(resolve(out));
  let total = 0;
  for (const [name, bytes] of Object.entries(files)) {
    console.log(`${mebibytes(bytes).padStart(6)} MiB  ${name}`);
    total += bytes;
  }
  console.log(
    `${mebibytes(total).padStart(6)} MiB in all, of ${mebibytes(MOST_BYTES)} that it may have`,
  );
}

if (import.meta.main) {
  await runTask({
    call: "deno task gpu-pack",
    summary: "pack all that gpu-check needs on a bare x86-64 Linux machine into a folder",
    flags: FLAGS,
    run: pack,
  });
}
