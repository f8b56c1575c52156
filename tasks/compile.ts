/**
 * Packs the program into one self-contained binary, under its own permissions, and runs what it made.
 *
 * ```sh
 * deno task compile [--target TRIPLE] [--output FILE] [--deno FILE]
 * ```
 *
 * Deno downloads the runtime base, `denort`. Where that host is out of reach, `DENORT_BIN` names one: a `denort`, or a
 * Linux program that `deno compile` has made, whose base is taken. `--deno` compiles with another Deno than this one,
 * whose base is then wanted.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { dirname, join, resolve } from "@std/path";
import { baseFault, baseOf } from "./compile/base.ts";
import { writeBundle } from "./compile/bundle.ts";
import { denoVersion } from "./compile/deno.ts";
import { pack } from "./compile/pack.ts";
import { proveBinary } from "./compile/proof.ts";

const ROOT = resolve(import.meta.dirname!, "..");
/** The platforms that Deno compiles for. */
const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-pc-windows-msvc",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
];

const USAGE = `Usage: deno task compile [--target TRIPLE] [--output FILE] [--deno FILE]
  --target  the platform that the binary is for: ${TARGETS.join(", ")}; default this one
  --output  the binary; default dist/memloss
  --deno    the executable of another Deno, which compiles instead of this one

denort is Deno's runtime without its tools, which every compiled program begins with. Deno downloads it from
https://dl.deno.land/release/vVERSION/denort-TRIPLE.zip; DENORT_BIN names the unpacked file where it cannot. Any Linux
program that the same version's \`deno compile\` has made will do as well: its denort is taken.`;

interface Options {
  readonly target: string;
  readonly output: string | undefined;
  /** The Deno that compiles, and its version. */
  readonly deno: string;
  readonly version: string;
}

async function readOptions(): Promise<Options | undefined> {
  if (Deno.args.some((argument) => argument === "--help" || argument === "-h")) return undefined;
  const { target = Deno.build.target, output, deno = Deno.execPath() } = parseArgs(Deno.args, {
    string: ["target", "output", "deno"],
    unknown(argument) {
      throw new Error(`Unknown argument ${argument}. ${USAGE}`);
    },
  }) as { target?: string; output?: string; deno?: string };
  if (!TARGETS.includes(target)) {
    throw new Error(`--target must be one of ${TARGETS.join(", ")}, not "${target}".`);
  }
  if (output === "") throw new Error("--output needs a value: --output=FILE.");
  const version = await denoVersion(deno).catch((error) => {
    throw new Error(`--deno names "${deno}", which is no Deno that runs here: ${error.message}`);
  });
  return { target, output, deno, version };
}

async function main(): Promise<void> {
  const options = await readOptions();
  if (options === undefined) return console.log(USAGE);
  const { target } = options;
  const foreign = target !== Deno.build.target;
  const name = target.includes("windows") ? "memloss.exe" : "memloss";
  const output = options.output ?? join(ROOT, "dist", foreign ? target : "", name);
  const work = await Deno.makeTempDir({ prefix: "memloss-compile-" });
  try {
    const made = join(work, name);
    const base = await takeBase(work, options.version);
    await compile(made, base, options);
    if (!foreign) {
      console.log(
        await proveBinary(made, options.version).catch((error) => {
          throw new Error(`The binary does not work and was not kept: ${error.message}`);
        }),
      );
    }
    await Deno.mkdir(dirname(output), { recursive: true });
    // The folder of temporary files may lie on another disk.
    await Deno.copyFile(made, `${output}.tmp`);
    await Deno.rename(`${output}.tmp`, output);
    console.log(
      `The binary is ${output}${foreign ? `; being for ${target}, it was not run` : ""}.`,
    );
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The base that `DENORT_BIN` names as a file in `folder`; undefined where Deno is to download one. */
async function takeBase(folder: string, version: string): Promise<string | undefined> {
  const named = Deno.env.get("DENORT_BIN");
  if (named === undefined) return undefined;
  const refuse = (fault: string): never => {
    throw new Error(
      `DENORT_BIN names "${named}", which ${fault}: point it at the denort of Deno ${version}.`,
    );
  };
  const file = await Deno.readFile(named).catch((error) =>
    refuse(`cannot be read (${error.message})`)
  );
  const base = baseOf(file), fault = baseFault(base, version);
  if (fault !== undefined) refuse(fault);
  const path = join(folder, "denort");
  await Deno.writeFile(path, base, { mode: 0o755 });
  return path;
}

async function compile(
  made: string,
  base: string | undefined,
  { deno, version, target }: Options,
): Promise<void> {
  const bundle = join(dirname(made), "memloss.js");
  await writeBundle(join(ROOT, "src", "main.ts"), bundle, join(ROOT, "deno.json"));
  await pack(bundle, made, { deno, target, base }).catch((error) => {
    const advice = base === undefined
      ? `\nWhere it cannot download denort, fetch ` +
        `https://dl.deno.land/release/v${version}/denort-${target}.zip elsewhere, unpack it, and name the file ` +
        "in DENORT_BIN; see --help."
      : "";
    throw new Error(`deno compile failed: ${error.message}${advice}`);
  });
}

try {
  await main();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  Deno.exit(1);
}
