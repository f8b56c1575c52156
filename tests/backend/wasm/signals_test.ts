import assert from "node:assert/strict";
import { onWasm } from "../../testing/device.ts";

/** Milliseconds that a computation takes without waiting for anything. */
const COMPUTATION = 25;

onWasm(
  "guard() lets a signal be heard within a few computations, whenever it comes",
  async (backend) => {
    let heard = false;
    const hear = () => heard = true;
    Deno.addSignalListener("SIGUSR2", hear);
    try {
      for (let signal = 1; signal <= 10; signal++) {
        heard = false;
        Deno.kill(Deno.pid, "SIGUSR2");
        for (let computation = 0; computation < 4 && !heard; computation++) {
          const end = performance.now() + COMPUTATION;
          while (performance.now() < end);
          await backend.guard(Promise.resolve());
        }
        assert.ok(heard, `signal ${signal} is not heard in four computations`);
      }
    } finally {
      Deno.removeSignalListener("SIGUSR2", hear);
    }
  },
);
