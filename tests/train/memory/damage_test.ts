import assert from "node:assert/strict";
import type { DamageNote, Metrics } from "../../../src/run/metrics.ts";
import { DamageTeller } from "../../../src/train/memory/damage.ts";

Deno.test("DamageTeller.tell() logs every example, and tells the observer of each fault once", async () => {
  const logged: Metrics[] = [], observed: DamageNote[] = [];
  const log = {
    append: (note: Metrics) => {
      logged.push(note);
      return Promise.resolve();
    },
  };
  const teller = new DamageTeller(log, { onDamage: (note) => observed.push(note) });
  const chunk = "chunk-0000.bin is missing", record = "Record 2 is damaged";
  await teller.tell([{ image: 4, fault: chunk }, { image: 9, fault: chunk }], {
    epoch: 2,
    step: 1,
  });
  await teller.tell([{ image: 5, fault: chunk }, { image: 7, fault: record }], {
    epoch: 3,
    step: 8,
  });
  const note = (epoch: number, step: number, image: number, fault: string) => ({
    ...{ kind: "damage", epoch, step, image, fault },
  });
  assert.deepEqual(logged, [
    note(2, 1, 4, chunk),
    note(2, 1, 9, chunk),
    note(3, 8, 5, chunk),
    note(3, 8, 7, record),
  ]);
  assert.deepEqual(observed, [logged[0], logged[3]]);
});
