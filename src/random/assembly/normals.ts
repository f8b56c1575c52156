/**
 * Many standard-normal numbers at once: Philox4x32-10, the logarithm of `elementary/log.ts` and the sine and cosine of
 * `elementary/turn.ts`, operation by operation, so that every bit is what those three give. Their tables lie at the
 * beginning of the memory, where `../normals.ts` has put them.
 */
const FACTORS: usize = 0, HEADS: usize = 1024, RESTS: usize = 2048;
const SINES: usize = 3072, COSINES: usize = 4096;
const LN2_HEAD: usize = 5120, LN2_REST: usize = 5128, TURN_HEAD: usize = 5136, TURN_REST: usize = 5144;

/** Where the numbers are written. */
const OUT: usize = 8192;

const WORD: f64 = 16777216; // of 24 bits
const LOG_ROWS: u32 = 128, LOG_UPPER: u32 = 53;
const TURN_ROWS: f64 = 128, TURN_LAST: i32 = 16;

/** Blocks `first … first + blocks − 1` of the stream with this key and counter, four numbers each. */
export function normals(
  seed: u32,
  purpose: u32,
  a: u32,
  b: u32,
  c: u32,
  first: u32,
  blocks: u32,
): void {
  let out = OUT;
  for (let i: u32 = 0; i < blocks; i++, out += 32) {
    let c0 = first + i, c1 = a, c2 = b, c3 = c, k0 = seed, k1 = purpose;
    for (let round = 0; round < 10; round++) {
      const low = <u64>c0 * 0xd2511f53, high = <u64>c2 * 0xcd9e8d57;
      c0 = <u32>(high >> 32) ^ c1 ^ k0;
      c1 = <u32>high;
      c2 = <u32>(low >> 32) ^ c3 ^ k1;
      c3 = <u32>low;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    pair(out, c0, c1);
    pair(out + 16, c2, c3);
  }
}

/** Box and Muller's two numbers of two words. */
function pair(out: usize, first: u32, second: u32): void {
  const radius = sqrt(-2.0 * log(1.0 - <f64>(first >> 8) / WORD));
  scaledCosSin(out, radius, <f64>(second >> 8) / WORD);
}

/** Of a normal number. */
function log(x: f64): f64 {
  const bits = reinterpret<u64>(x), high = <u32>(bits >> 32), row = high >> 13 & (LOG_ROWS - 1);
  const exponent = <i32>(high >> 20) - 1023;
  const m = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  const factor = load<f64>(FACTORS + (<usize>row << 3));
  const mHead = upperHalf(m), r = (mHead * factor - 1.0) + (m - mHead) * factor;
  const doublings = <f64>(exponent + (row < LOG_UPPER ? 0 : 1));
  const head = doublings * load<f64>(LN2_HEAD) + load<f64>(HEADS + (<usize>row << 3));
  const sum = head + r, lost = r - (sum - head), square = r * r;
  const tail = (-1.0 / 2.0 + r * (1.0 / 3.0)) + square * ((-1.0 / 4.0 + r * (1.0 / 5.0)) +
    square * ((-1.0 / 6.0 + r * (1.0 / 7.0)) + square * (-1.0 / 8.0)));
  const rest = doublings * load<f64>(LN2_REST) + load<f64>(RESTS + (<usize>row << 3));
  return sum + (square * tail + (lost + rest));
}

/** Writes `radius` times cosine and sine of `turns`, in [0,1). */
function scaledCosSin(out: usize, radius: f64, turns: f64): void {
  const quarters = round(turns * 4.0), f = turns - quarters / 4.0;
  const row = round(f * TURN_ROWS), g = f - row / TURN_ROWS;
  const at = <usize>(TURN_LAST + <i32>row) << 4;
  const turnHead = load<f64>(TURN_HEAD), turnRest = load<f64>(TURN_REST);
  const gHead = upperHalf(g), product = gHead * turnHead, head = upperHalf(product);
  const rest = (product - head) + (gHead * turnRest + (g - gHead) * (turnHead + turnRest));
  const angle = head + rest, square = angle * angle;
  const sineLess = square * angle *
    (-1.0 / 6.0 + square * (1.0 / 120.0 + square * (-1.0 / 5040.0)));
  const cosineLess = square *
    (-1.0 / 2.0 + square * (1.0 / 24.0 + square * (-1.0 / 720.0 + square * (1.0 / 40320.0))));
  const s = load<f64>(SINES + at), sRest = load<f64>(SINES + at + 8), sWhole = s + sRest;
  const c = load<f64>(COSINES + at), cRest = load<f64>(COSINES + at + 8), cWhole = c + cRest;
  const sSum = s + c * head, sLost = c * head - (sSum - s);
  const sine = sSum + (sLost + (sRest + (c * rest + cRest * angle) +
    (cWhole * sineLess + sWhole * cosineLess)));
  const cSum = c - s * head, cLost = -s * head - (cSum - c);
  const cosine = cSum + (cLost + (cRest - (s * rest + sRest * angle) +
    (cWhole * cosineLess - sWhole * sineLess)));
  const quarter = <i32>quarters, odd = quarter & 1;
  const first = sine * <f64>(1 - ((quarter + odd) & 2)) + 0.0;
  const second = cosine * <f64>(1 - (quarter & 2)) + 0.0;
  store<f64>(out, radius * (odd ? first : second));
  store<f64>(out + 8, radius * (odd ? second : first));
}

/** As JavaScript's `Math.round`, of numbers of few bits. */
function round(x: f64): f64 {
  return floor(x + 0.5);
}

/** As in `elementary/upper_half.ts`. */
function upperHalf(x: f64): f64 {
  const scaled = 134217729.0 * x;
  return scaled - (scaled - x);
}
