import assert from "node:assert/strict";
import { noteReach } from "../../../src/evaluate/asked/reach.ts";

Deno.test("noteReach() says of PGD and CW that their steps do not reach the radius, and how many would", () => {
  const linf = (n: number) => ({ norm: "linf", epsilon: n / 255 }) as const;
  for (const name of ["clean", "fgsm", "pgd4", "pgd20", "cw20"] as const) {
    assert.deepEqual(noteReach(name, linf(8)), [], name);
  }
  assert.deepEqual(noteReach("pgd20", linf(40)), []);
  assert.deepEqual(noteReach("cw20", linf(80)), [
    "cw20 goes 40/255 from its start at most, less than the radius of 80/255: accuracies under it are too high, and " +
    "cw200 goes farther.",
  ]);
  assert.deepEqual(noteReach("pgd3", linf(8), "--select val: "), [
    "--select val: pgd3 goes 6/255 from its start at most, less than the radius of 8/255: accuracies under it are too high.",
  ]);
  const l2 = (epsilon: number) => ({ norm: "l2", epsilon }) as const;
  assert.deepEqual(noteReach("pgd20", l2(1)), []);
  assert.match(
    noteReach("pgd20", l2(510 / 255)).join(),
    /^pgd20 goes 300\/255 .* of 510\/255: .* pgd80 /,
  );
});
