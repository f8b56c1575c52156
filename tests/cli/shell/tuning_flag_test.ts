import assert from "node:assert/strict";
import { StatusLine } from "../../../src/cli/shell/terminal.ts";
import { tuningOptions } from "../../../src/cli/shell/tuning_flag.ts";

Deno.test("tuningOptions() shows what the tuner tells", () => {
  let shown = "";
  const sink = {
    ...{ terminal: false, columns: 80, now: () => 0 },
    write: (text: string) => shown += text,
  };
  const status = new StatusLine(sink);
  const { tune, onNote, onProgress } = tuningOptions(undefined, status);
  onNote!("odd");
  onNote!("warning: not to be believed");
  onProgress!("1 of 2");
  assert.deepEqual([tune, shown], [true, "note: odd\nwarning: not to be believed\n1 of 2\n"]);
  assert.equal(tuningOptions(true, status).tune, false);
});
