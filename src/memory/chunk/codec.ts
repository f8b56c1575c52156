/**
 * How a perturbation `δ = x' − x` becomes bytes and comes back.
 *
 * @module
 */
import { type ImageShape, valuesPerImage } from "../../data/dataset.ts";
import { RunError } from "../../errors.ts";

/** How far a perturbation may leave the ε-ball by float32 rounding. */
const TOLERANCE = 1e-6;

/**
 * The codecs: `int8` (a byte for each value, error at most ε/254), `f16` (two, error at most |δ|/2048 where |δ| ≥ 2⁻¹⁴ and
 * 2⁻²⁵ below) and `f32` (four, exact).
 */
export const CODEC_NAMES = ["int8", "f16", "f32"] as const;
/** One of {@linkcode CODEC_NAMES}. */
export type CodecName = typeof CODEC_NAMES[number];

/** The number that stands for a codec in every chunk. Never renumber. */
export const codecNumbers: Readonly<Record<CodecName, number>> = { int8: 1, f32: 2, f16: 3 };

/** The most by which a value within ±`epsilon` has changed when it comes back from `name`. */
export function codecError(name: CodecName, epsilon: number): number {
  if (name === "f32") return 0;
  return name === "int8" ? epsilon / 254 : Math.max(epsilon / 2048, 1 / 2 ** 25);
}

/** Writes and reads the perturbations of one ε, an image at a time. */
export interface Codec {
  readonly name: CodecName;
  readonly shape: ImageShape;
  /** Bytes of one encoded perturbation. */
  readonly payloadBytes: number;
  /** Encodes `delta` (finite values in ±ε) into `payload`. */
  encode(delta: Float32Array, payload: Uint8Array): void;
  /** Decodes `payload` into `delta` (as many values, all of them in ±ε). */
  decode(payload: Uint8Array, delta: Float32Array): void;
}

/**
 * The codec `name` for perturbations within ±`epsilon` of images of `shape`.
 *
 * @param epsilon positive; pixels are in [0,1]
 */
export function createCodec(name: CodecName, epsilon: number, shape: ImageShape): Codec {
  if (name === "int8") return createInt8(epsilon, shape);
  return createFloat(name, name === "f16" ? Float16Array : Float32Array, epsilon, shape);
}

/** The ε-ball in 255 equal steps: `q = round(127 δ/ε)`, decoded as `ε q/127`. */
function createInt8(epsilon: number, shape: ImageShape): Codec {
  const scale = 127 / epsilon, values = valuesPerImage(shape);
  // Indexed by the byte, so that two's complement costs nothing; −128 is never written and reads as −127.
  const decoded = Float32Array.from(
    { length: 256 },
    (_, byte) => Math.max(-127, (byte << 24) >> 24) * epsilon / 127,
  );
  return {
    name: "int8",
    shape,
    payloadBytes: values,
    encode(delta, payload) {
      for (let i = 0; i < values; i++) {
        // Rounds by truncating a positive number, six times as fast as Math.round.
        const q = ((delta[i]! * scale + 128.5) | 0) - 128;
        payload[i] = q < -127 ? -127 : q > 127 ? 127 : q;
      }
    },
    decode(payload, delta) {
      for (let i = 0; i < values; i++) delta[i] = decoded[payload[i]!]!;
    },
  };
}

/** The values rounded to what `Values` holds. Bytes are copied because a record's payload need not be aligned. */
function createFloat(
  name: CodecName,
  Values: typeof Float16Array | typeof Float32Array,
  epsilon: number,
  shape: ImageShape,
): Codec {
  const size = valuesPerImage(shape);
  const limit = Math.fround(epsilon);
  return {
    name,
    shape,
    payloadBytes: Values.BYTES_PER_ELEMENT * size,
    encode(delta, payload) {
      payload.set(new Uint8Array(new Values(delta).buffer));
    },
    decode(payload, delta) {
      const values = new Values(payload.slice().buffer);
      // Rounding leaves the ball; NaN cannot come from an encoded value.
      for (let i = 0; i < size; i++) {
        const value = values[i]!;
        delta[i] = value > limit ? limit : value < -limit ? -limit : value;
      }
    },
  };
}

/**
 * Refuses perturbations that no attack within ±`epsilon` makes.
 *
 * @param ids B training indices, for the message
 * @param deltas B perturbations, one after another
 * @throws {RunError} if a value is not finite or leaves the ball by more than 1e-6
 */
export function checkPerturbations(ids: Uint32Array, deltas: Float32Array, epsilon: number): void {
  const limit = epsilon + TOLERANCE;
  for (let i = 0; i < deltas.length; i++) {
    // A comparison that NaN fails.
    if (Math.abs(deltas[i]!) <= limit) continue;
    const image = ids[Math.floor(i / (deltas.length / ids.length))];
    throw new RunError(
      `The adversarial example of image ${image} differs from it by ${
        deltas[i]
      }, outside ±${epsilon}: the loss has diverged, or else report this`,
    );
  }
}
