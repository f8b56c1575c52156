import assert from "node:assert/strict";
import { RunError } from "../../src/errors.ts";
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
