/**
 * `deno task compile`: one self-contained binary, `dist/memloss`, under the program's own permissions.
 *
 * The runtime base `denort` is downloaded by Deno, or named by `DENORT_BIN` where that host is out of reach.
 *
 * @module
 */
const OUTPUT = Deno.build.os === "windows" ? "dist/memloss.exe" : "dist/memloss";

const denort = Deno.env.get("DENORT_BIN");
if (denort !== undefined && !(await isFile(denort))) {
  fail(
    `DENORT_BIN names "${denort}", which is not a file: point it at the denort of Deno ${Deno.version.deno}.`,
  );
}
const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    "--bundle",
    "--minify",
    "-P=memloss",
    "--output",
    OUTPUT,
    ...Deno.args,
    "src/main.ts",
  ],
}).output().then(({ success, stderr }) => {
  const text = new TextDecoder().decode(stderr);
  console.error(text.trim());
  return { success };
});
if (!success) {
  fail(
    denort === undefined
      ? `deno compile failed: if it could not download denort, set DENORT_BIN to a denort of Deno ${Deno.version.deno}.`
      : `deno compile failed with the denort that DENORT_BIN names, "${denort}".`,
  );
}
console.log(`The binary is ${OUTPUT}.`);

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function fail(message: string): never {
  console.error(`error: ${message}`);
  Deno.exit(1);
}
