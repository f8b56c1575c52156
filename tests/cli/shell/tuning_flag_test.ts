import assert from "node:assert/strict";
import { StatusLine } from "../../../src/cli/shell/terminal.ts";
import { tuningOptions } from "../../../src/cli/shell/tuning_flag.ts";
import { Interrupted } from "../../../src/errors.ts";

Deno.test("tuningOptions() shows what the tuner tells, until it is interrupted", () => {
  let shown = "";
  const sink = {
    ...{ terminal: false, columns: 80, now: () => 0 },
    write: (text: string) => shown += text,
  };
  const controller = new AbortController(), status = new StatusLine(sink);
  const { tune, onNote, onProgress } = tuningOptions(undefined, status, controller.signal);
  onNote!("odd");
  onProgress!("1 of 2");
  assert.deepEqual([tune, shown], [true, "note: odd\n1 of 2\n"]);
  controller.abort();
  assert.throws(() => onProgress!("2 of 2"), Interrupted);
  assert.equal(tuningOptions(true, status).tune, false);
});
