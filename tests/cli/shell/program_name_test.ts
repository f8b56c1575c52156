import assert from "node:assert/strict";
import { type Installation, programName } from "../../../src/cli/shell/program_name.ts";

const SOURCE: Installation = {
  standalone: false,
  executable: "/usr/bin/deno",
  denoVersion: "2.9.6",
  root: "/home/me/memloss",
  cwd: "/home/me/memloss/src",
};
const BINARY: Installation = { ...SOURCE, standalone: true, executable: "/opt/bin/memloss" };

Deno.test("programName() calls the task where the user stands in the project, and names its file elsewhere", () => {
  assert.equal(programName(SOURCE), "deno task memloss");
  assert.equal(programName({ ...SOURCE, cwd: "/home/me/memloss" }), "deno task memloss");
  assert.equal(programName(SOURCE, "demo"), "deno task demo");
  for (const cwd of ["/home/me", "/home/me/memloss-2", "/"]) {
    assert.equal(
      programName({ ...SOURCE, cwd }),
      "deno task --config /home/me/memloss/deno.json memloss",
    );
  }
  assert.equal(
    programName({ ...SOURCE, root: "/my code", cwd: "/" }),
    "deno task --config '/my code/deno.json' memloss",
  );
});

Deno.test("programName() calls the Deno of npx through npx", () => {
  const executable = "/home/me/.npm/_npx/0a1b/node_modules/@deno/linux-x64-glibc/deno";
  assert.equal(programName({ ...SOURCE, executable }), "npx -y deno@2.9.6 task memloss");
});

Deno.test("programName() calls a binary by its path", () => {
  assert.equal(programName(BINARY), "/opt/bin/memloss");
  assert.equal(programName({ ...BINARY, cwd: "/opt" }), "./bin/memloss");
  assert.equal(programName({ ...BINARY, cwd: "/" }), "./opt/bin/memloss");
  assert.equal(programName({ ...BINARY, cwd: "/op" }), "/opt/bin/memloss");
  assert.equal(programName({ ...BINARY, executable: "/my opt/memloss" }), "'/my opt/memloss'");
});

Deno.test("programName() does not guess how a bundle is run", () => {
  assert.equal(programName({ ...SOURCE, root: undefined }), "memloss");
});
