/**
 * Long curves with as many points as can be seen.
 *
 * @module
 */

/** A curve: ascending positions and a value for each. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * `curve` in at most `most` points, its own ones: of every stretch of equal width the lowest and the highest, so that no
 * spike is lost, and the first and the last of all. A curve of no more points stays as it is.
 *
 * @param most 4 or more
 */
export function downsample({ x, y }: Curve, most: number): Curve {
  if (x.length <= most) return { x, y };
  const last = x.length - 1, buckets = Math.floor((most - 2) / 2);
  const kept = [0];
  let next = 1;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = x[0]! + (x[last]! - x[0]!) * (bucket + 1) / buckets;
    const first = next;
    while (next < last && (x[next]! <= end || bucket === buckets - 1)) next++;
    if (first === next) continue;
    let low = first, high = first;
    for (let i = first; i < next; i++) {
      if (y[i]! < y[low]!) low = i;
      if (y[i]! > y[high]!) high = i;
    }
    kept.push(...new Set([Math.min(low, high), Math.max(low, high)]));
  }
  kept.push(last);
  return { x: kept.map((i) => x[i]!), y: kept.map((i) => y[i]!) };
}
