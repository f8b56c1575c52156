/**
 * Where attacks start. Every draw is keyed by the image, never by its place in a batch.
 *
 * @module
 */
import { exp } from "../elementary/exp.ts";
import { log } from "../elementary/log.ts";
import { fillNormals } from "../random/normals.ts";
import { Purpose, Stream } from "../random/stream.ts";
import type { PgdOptions, ThreatModel } from "./options.ts";

/** Standard deviation of TRADES' start, `x + 0.001 · N(0,1)`. */
const GAUSSIAN_START = 0.001;

/**
 * `x + 0.001 · N(0,1)`, not clipped: where TRADES and MemLoss begin.
 *
 * @param x N images, one after another
 * @param ids training index of each image
 */
export function gaussianStart(
  x: Float32Array,
  ids: ArrayLike<number>,
  seed: number,
  epoch: number,
): Float32Array {
  return addNormals(
    x,
    ids,
    GAUSSIAN_START,
    (drawn, id) => fillNormals(drawn, seed, Purpose.attackStart, epoch, id),
  );
}

/**
 * Uniform in the ball around `x`, clipped to [0,1]: where PGD-AT and PGD-20 begin.
 *
 * @param purpose and `epoch` (the restart, in an evaluation) tell two starts of one image apart
 */
export function uniformStart(
  x: Float32Array,
  ids: ArrayLike<number>,
  { norm, epsilon }: Pick<PgdOptions, "norm" | "epsilon">,
  seed: number,
  purpose: Purpose,
  epoch: number,
): Float32Array {
  const start = perturb(x, ids, (id) => {
    const stream = new Stream(seed, purpose, epoch, id);
    if (norm === "linf") return () => epsilon * (2 * stream.uniform() - 1);
    const delta = uniformInL2Ball(stream, epsilon, x.length / ids.length);
    let next = 0;
    return () => delta[next++]!;
  });
  return start.map((value) => Math.min(1, Math.max(0, value)));
}

/**
 * Puts adversarial images of an earlier attack in the places of `start` that they belong to, projected into the ball
 * around `x` and into [0,1]: a later attack goes on from there.
 *
 * @param start N images, one after another; changed
 * @param x N clean images
 * @param earlier M images under the views of `x`
 * @param rows which of the N they are of
 */
export function continueFrom(
  start: Float32Array,
  x: Float32Array,
  earlier: Float32Array,
  rows: readonly number[],
  { norm, epsilon }: ThreatModel,
): void {
  const values = earlier.length / rows.length;
  for (let m = 0; m < rows.length; m++) {
    const from = m * values, to = rows[m]! * values;
    let squares = 0;
    for (let i = 0; i < values; i++) {
      const delta = earlier[from + i]! - x[to + i]!;
      squares += delta * delta;
    }
    const scale = norm === "l2" ? epsilon / Math.max(epsilon, Math.sqrt(squares)) : 1;
    const most = norm === "linf" ? epsilon : Infinity;
    for (let i = 0; i < values; i++) {
      const clean = x[to + i]!, delta = scale * (earlier[from + i]! - clean);
      const moved = clean + Math.min(most, Math.max(-most, delta));
      start[to + i] = Math.min(1, Math.max(0, moved));
    }
  }
}

/** A normal vector has a uniform direction; the radius `ε·u^(1/d)` makes its points uniform in the ball. */
function uniformInL2Ball(stream: Stream, epsilon: number, values: number): Float64Array {
  const radius = epsilon * exp(log(stream.uniform()) / values);
  const direction = Float64Array.from({ length: values }, () => stream.normal());
  const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  return direction.map((value) => value * radius / length);
}

/** Standard-normal images for `ids` of `values` values each, to replace a vanished gradient at `step`. */
export function normalNoise(
  ids: ArrayLike<number>,
  values: number,
  seed: number,
  epoch: number,
  step: number,
): Float32Array {
  return addNormals(
    new Float32Array(ids.length * values),
    ids,
    1,
    (drawn, id) => fillNormals(drawn, seed, Purpose.attackNoise, epoch, id, step),
  );
}

/** `x + scale · drawn`, with what `fill` draws for each image. */
function addNormals(
  x: Float32Array,
  ids: ArrayLike<number>,
  scale: number,
  fill: (drawn: Float64Array, id: number) => void,
): Float32Array {
  const out = new Float32Array(x.length), values = x.length / ids.length;
  const drawn = new Float64Array(values);
  for (let row = 0, i = 0; row < ids.length; row++) {
    fill(drawn, ids[row]!);
    for (let j = 0; j < values; j++, i++) out[i] = x[i]! + scale * drawn[j]!;
  }
  return out;
}

function perturb(
  x: Float32Array,
  ids: ArrayLike<number>,
  drawsFor: (id: number) => () => number,
): Float32Array {
  const out = new Float32Array(x.length), values = x.length / ids.length;
  for (let row = 0, i = 0; row < ids.length; row++) {
    const draw = drawsFor(ids[row]!);
    for (const end = i + values; i < end; i++) out[i] = x[i]! + draw();
  }
  return out;
}
