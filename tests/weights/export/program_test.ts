import assert from "node:assert/strict";
import type { Architecture, Layer } from "../../../src/model/architecture.ts";
import { programOf } from "../../../src/weights/export/program.ts";
import { NETWORKS } from "./networks.ts";

for (const { architecture } of NETWORKS) {
  Deno.test(`programOf() keeps every value of ${architecture.title} in its place until its last use`, () => {
    const { statements, result } = programOf(architecture);
    assert.deepEqual(statements.map(({ layer }) => layer), architecture.layers);
    /** The value that is in each place. */
    const places = new Map([[0, 0]]);
    statements.forEach(({ layer, input, add, result }, i) => {
      assert.equal(places.get(input), layer.input, `input of layer ${i}`);
      const added = layer.convolution && layer.add;
      assert.equal(add === undefined ? undefined : places.get(add), added, `sum of layer ${i}`);
      places.set(result, i + 1);
    });
    assert.equal(places.get(result), architecture.layers.length);
    const adds = architecture.layers.some((layer) => layer.convolution && layer.add !== undefined);
    assert.equal(places.size, adds ? 2 : 1);
  });
}

Deno.test("programOf() takes a third place for a third value, and none for one that nobody needs", () => {
  const convolution = NETWORKS[0]!.architecture.layers[0]!.convolution!;
  const layer = (input: number, add?: number): Layer => ({
    convolution,
    input,
    activate: false,
    ...add !== undefined && { add },
  });
  const layers = [layer(0), layer(0), layer(0), layer(1, 2), layer(4, 3)];
  const { statements } = programOf({ ...NETWORKS[0]!.architecture, layers } as Architecture);
  assert.deepEqual(statements.map(({ result }) => result), [1, 2, 0, 1, 0]);
});
