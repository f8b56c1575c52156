import assert from "node:assert/strict";
import { Sampler } from "../../src/bench/timing.ts";

Deno.test("Sampler repeats quick work until a sample is long, and gives the seconds of one run", async () => {
  let calls = 0, runs = 0;
  const sampler = new Sampler(async (times) => {
    calls++;
    runs += times;
    await new Promise((resolve) => setTimeout(resolve, 10 * times));
  });
  await sampler.warmUp();
  assert.ok(runs > calls, "work of 10 ms is repeated");
  [calls, runs] = [0, 0];
  const started = performance.now();
  const seconds = await sampler.sample();
  const all = (performance.now() - started) / 1000;
  assert.ok(all >= 0.2, `${all} s`);
  assert.ok(Math.abs(seconds - all / runs) < 0.001, `${seconds} s`);
});
