import assert from "node:assert/strict";
import { observedOptions } from "../../src/backend/observed.ts";
import { Interrupted } from "../../src/errors.ts";

Deno.test("observedOptions() tells the observer, until it is interrupted", () => {
  const told: string[] = [], controller = new AbortController();
  const observer = {
    onNote: (note: string) => told.push(note),
    onStatus: (text: string) => told.push(text),
  };
  const { tune, onNote, onProgress } = observedOptions(true, observer, controller.signal);
  onNote!("odd");
  onProgress!("1 of 2");
  assert.deepEqual([tune, told], [true, ["odd", "1 of 2"]]);
  controller.abort();
  assert.throws(() => onProgress!("2 of 2"), Interrupted);
});
