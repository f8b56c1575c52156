import assert from "node:assert/strict";
import { RunError } from "../../src/errors.ts";
import { join } from "@std/path";
import { ROOT } from "../cli/memloss.ts";
import { withDirectory } from "../data/made_cifar10.ts";
import { libraryPaths } from "../../tasks/gpu_pack/libraries.ts";
import { checkSize, MOST_BYTES } from "../../tasks/gpu_pack/make.ts";

Deno.test("checkSize() refuses a pack that is larger than it may be, and names its largest file", () => {
  checkSize({ "deno.xz": MOST_BYTES - 1, "start.sh": 1 });
  assert.throws(
    () => checkSize({ "start.sh": 2, "deno.xz": MOST_BYTES - 1 }),
    new RunError(
      "The pack has 64.0 MiB and may have 64.0: take something out of it; the largest file is deno.xz.",
    ),
  );
});

Deno.test("start.sh takes the driver with which Deno finds a GPU, and hands on arguments and exit code", async () => {
  await withDirectory(async (folder) => {
    // In the place of Deno: asked for a GPU, it has one behind the library for EGL alone.
    const deno = `#!/bin/sh
case $1 in
  eval) case \${VK_DRIVER_FILES:-} in *libEGL_nvidia.json) grep -q libEGL_nvidia.so.0 "$VK_DRIVER_FILES" ;; *) false ;; esac ;;
  run) echo "with \${VK_DRIVER_FILES##*/}: $*"; exit 3 ;;
esac
`;
    await Deno.writeTextFile(join(folder, "deno"), deno);
    await new Deno.Command("xz", { args: [join(folder, "deno")] }).output();
    await Deno.copyFile(join(ROOT, "tasks", "gpu_pack", "start.sh"), join(folder, "start.sh"));
    const start = (env: Record<string, string>) =>
      new Deno.Command("sh", { args: [join(folder, "start.sh"), "--out", "x y"], env }).output();
    const { code, stdout } = await start({});
    assert.equal(code, 3);
    const printed = new TextDecoder().decode(stdout);
    assert.match(printed, /^with libEGL_nvidia\.json: run .*gpu_check\.js --out x y$/m);
    const set = new TextDecoder().decode((await start({ VK_DRIVER_FILES: "/given.json" })).stdout);
    assert.match(set, /^with given\.json: run /m, "what is set stays");
  });
});

Deno.test("libraryPaths() takes the first x86-64 library of a name", () => {
  const listed = "4 libs found in cache `/etc/ld.so.cache'\n" +
    "\tlibvulkan.so.1 (libc6) => /lib/i386-linux-gnu/libvulkan.so.1\n" +
    "\tlibvulkan.so.1 (libc6,x86-64) => /opt/lib/libvulkan.so.1\n" +
    "\tlibvulkan.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libvulkan.so.1\n" +
    "\tlibX11.so.6 (libc6,x86-64, OS ABI: Linux 3.2.0) => /lib/x86_64-linux-gnu/libX11.so.6\n";
  assert.deepEqual(
    [...libraryPaths(listed)].sort(),
    [
      ["libX11.so.6", "/lib/x86_64-linux-gnu/libX11.so.6"],
      ["libvulkan.so.1", "/opt/lib/libvulkan.so.1"],
    ],
  );
});
