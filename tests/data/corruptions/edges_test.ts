import assert from "node:assert/strict";
import { canny, distancesTo } from "../../../src/data/corruptions/edges.ts";

/** An image of one channel, a string for each row, and what a character stands for. */
function image(rows: readonly string[], levels: Readonly<Record<string, number>>) {
  const shape = { height: rows.length, width: rows[0]!.length, channels: 1 };
  return { bytes: Uint8Array.from(rows.join(""), (each) => levels[each]!), shape };
}

function drawn(edges: Uint8Array, width: number): string[] {
  const text = [...edges].map((edge) => edge ? "x" : ".").join("");
  return text.match(new RegExp(`.{${width}}`, "g"))!;
}

Deno.test("canny() finds the side of a step that comes first, one pixel thick", () => {
  const { bytes, shape } = image(Array(5).fill("aaabbb"), { a: 0, b: 100 });
  assert.deepEqual(drawn(canny(bytes, shape, 50, 150), 6), Array(5).fill("..x..."));
  const turned = image(["aaaa", "aaaa", "bbbb", "bbbb"], { a: 0, b: 100 });
  assert.deepEqual(drawn(canny(turned.bytes, turned.shape, 50, 150), 4), [
    ...["....", "xxxx", "....", "...."],
  ]);
});

Deno.test("canny() takes a weak edge where it goes on from a strong one, however far, and not by itself", () => {
  const rows = ["aab", "aab", "aac", "aac", "aac", "aac"];
  const weak = { a: 100, b: 120, c: 120 }; // a step of 20 has a gradient of 80
  const { shape } = image(rows, weak);
  const of = (levels: Record<string, number>) =>
    drawn(canny(image(rows, levels).bytes, shape, 50, 150), 3);
  assert.deepEqual(of(weak), Array(6).fill("..."));
  const [first, ...rest] = of({ ...weak, b: 200 });
  assert.equal(first, ".x.");
  assert.equal(rest.at(-1), ".x.");
  assert.deepEqual(of({ a: 100, b: 110, c: 110 }), Array(6).fill("..."));
});

Deno.test("distancesTo() goes straight, diagonally and as a knight, and nowhere without edges", () => {
  const rows = ["x......", ".......", ".......", "......."];
  const { bytes, shape } = image(rows, { x: 1, ".": 0 });
  const distances = distancesTo(bytes, shape);
  const at = (row: number, column: number) => distances[row * 7 + column]!;
  const near = (found: number, expected: number) =>
    assert.ok(Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`);
  near(at(0, 0), 0);
  near(at(0, 6), 6);
  near(at(3, 3), 4.2);
  near(at(1, 2), 2.1969);
  near(at(2, 1), 2.1969);
  near(at(3, 5), 2.1969 * 2 + 1.4);
  near(at(1, 6), 4 + 2.1969);
  assert.ok(distancesTo(new Uint8Array(28), shape).every((distance) => distance === Infinity));
  // From behind as from before.
  const last = new Uint8Array(28);
  last[27] = 1;
  assert.deepEqual(distancesTo(last, shape), distances.toReversed());
});
