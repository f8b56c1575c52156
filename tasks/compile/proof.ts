/**
 * Whether a compiled program works: it is run, alone in an empty folder and without an environment.
 *
 * @module
 */
import { resolve } from "@std/path";

const STEP = [
  ...["train", "--variant", "v1", "--data", "synthetic", "--width", "1", "--epochs", "1"],
  ...["--batch-size", "8", "--limit-train", "8", "--attack-steps", "1", "--select", "none"],
  ...["--backend", "wasm", "--workers", "2", "--run-dir", "run"],
];

/**
 * Asks `binary` for its version and has it train for a step.
 *
 * @returns what it says of its version
 * @throws {Error} with what it said instead, if it does not do both
 */
export async function proveBinary(binary: string, deno: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "memloss-proof-" });
  const run = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command(resolve(binary), {
      args,
      cwd: folder,
      clearEnv: true,
      stdin: "null",
    }).output();
    const [said, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (success) return said!.trim();
    throw new Error(`${args[0]} failed: ${complaint!.trim() || said!.trim()}`);
  };
  try {
    const version = await run("--version");
    if (!version.startsWith("memloss ") || !version.includes(` ${deno}, `)) {
      const why = version.startsWith("deno ") ? ": its base is deno, and has to be denort" : "";
      throw new Error(`asked for its version, it says "${version}"${why}`);
    }
    await run(...STEP);
    await Deno.stat(`${folder}/run/checkpoints/committed.json`);
    return version;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
