import assert from "node:assert/strict";
import { refuseDeviceFlags } from "../../../src/cli/shell/device_flags.ts";

Deno.test("refuseDeviceFlags() refuses what the named engine does not have", () => {
  const refuses = (flags: Parameters<typeof refuseDeviceFlags>[0], message: RegExp) =>
    assert.throws(() => refuseDeviceFlags(flags), { name: "UsageError", message });
  refuses({ backend: "wasm", noTune: true }, /^--no-tune has no meaning with --backend wasm/);
  refuses({ backend: "webgpu", workers: 2 }, /^--workers has no meaning with --backend webgpu/);
  for (const backend of ["auto", undefined] as const) {
    refuseDeviceFlags({ backend, noTune: true, workers: 2 });
  }
  refuseDeviceFlags({ backend: "wasm", workers: 2 });
  refuseDeviceFlags({ backend: "webgpu", noTune: true });
});
