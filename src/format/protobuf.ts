/**
 * Protocol buffers, written: as much of the wire format as TensorBoard's events and ONNX's models need.
 *
 * @module
 */
import { concatenate } from "./bytes.ts";

const VARINT = 0, FIXED64 = 1, LENGTH_DELIMITED = 2, FIXED32 = 5;

/** A message in the making. Fields are appended in the order of the calls. */
export class Message {
  readonly #pieces: Uint8Array[] = [];

  /** An int32, int64, uint64, bool or enum: a whole number; negative ones take ten bytes. */
  integer(field: number, value: number | bigint): this {
    return this.#tag(field, VARINT).#push(varint(value));
  }

  /** A `double`. */
  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.#tag(field, FIXED64).#push(bytes);
  }

  /** A `float`. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#tag(field, FIXED32).#push(bytes);
  }

  /** A `string`, as UTF-8. */
  text(field: number, value: string): this {
    return this.data(field, new TextEncoder().encode(value));
  }

  /** `bytes`, which are not copied before {@linkcode bytes} is called. */
  data(field: number, value: Uint8Array): this {
    return this.#tag(field, LENGTH_DELIMITED).#push(varint(value.length)).#push(value);
  }

  /** A message within this one. */
  message(field: number, value: Message): this {
    return this.data(field, value.bytes());
  }

  /** A packed `repeated double`. */
  doubles(field: number, values: readonly number[]): this {
    return this.data(field, new Uint8Array(Float64Array.from(values).buffer));
  }

  /** A packed `repeated int64`. */
  integers(field: number, values: readonly (number | bigint)[]): this {
    return this.data(field, concatenate(values.map(varint)));
  }

  /** The whole message. */
  bytes(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#pieces);
  }

  #tag(field: number, wireType: number): this {
    return this.#push(varint(field * 8 + wireType));
  }

  #push(bytes: Uint8Array): this {
    this.#pieces.push(bytes);
    return this;
  }
}

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
