import assert from "node:assert/strict";
import { onWasm } from "../../testing/device.ts";

/** Milliseconds that a computation takes without waiting for anything. */
const COMPUTATION = 30;

onWasm("guard() lets a signal be heard between two computations", async (backend) => {
  let heard = false;
  const hear = () => heard = true;
  Deno.addSignalListener("SIGUSR2", hear);
  try {
    Deno.kill(Deno.pid, "SIGUSR2");
    for (let turn = 0; turn < 5 && !heard; turn++) {
      const end = performance.now() + COMPUTATION;
      while (performance.now() < end);
      await backend.guard(Promise.resolve());
    }
    assert.ok(heard, "not heard in five computations");
  } finally {
    Deno.removeSignalListener("SIGUSR2", hear);
  }
});
