/**
 * Work that can be stopped, as a process of its own: `stoppable.ts BUSY SAVING` computes for BUSY milliseconds without a
 * pause when it is asked to stop, then saves for SAVING milliseconds, and takes a while to end.
 *
 * @module
 */
import { interruptible } from "../../../src/cli/shell/interrupt.ts";
import { printMessage } from "../../../src/cli/shell/output.ts";

const [busy = 0, saving = 0] = Deno.args.map(Number);
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

await interruptible(async (signal) => {
  printMessage(`process ${Deno.pid} begins`);
  while (!signal.aborted) await sleep(5);
  for (const end = performance.now() + busy; performance.now() < end;);
  await sleep(saving);
  printMessage("saved");
});
await sleep(300);
printMessage("ended");
