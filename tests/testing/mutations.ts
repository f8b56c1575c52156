/**
 * What may become of a file's bytes, for properties of whoever reads it.
 *
 * @module
 */
import fc from "fast-check";

/** Bytes that a failing property does not print. */
export class Mutated {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}

  [fc.toStringMethod](): string {
    return `${this.bytes.length} bytes`;
  }
}

/** What may become of the bytes `whole`: some changed, cut, grown, doubled, shifted, or anything else. */
export function mutations(whole: Uint8Array<ArrayBuffer>): fc.Arbitrary<Mutated> {
  const position = fc.nat(whole.length);
  const changed = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 8,
  }).map((changes) => {
    const bytes = whole.slice();
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  return fc.oneof(
    { weight: 4, arbitrary: changed },
    { weight: 1, arbitrary: position.map((end) => whole.slice(0, end)) },
    {
      weight: 1,
      arbitrary: fc.tuple(position, position, position).map(([from, to, length]) => {
        const bytes = whole.slice();
        bytes.copyWithin(to, from, from + length);
        return bytes;
      }),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(position, fc.uint8Array({ maxLength: 40 })).map(([at, more]) =>
        join(whole.subarray(0, at), more, whole.subarray(at))
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => join(bytes)) },
  ).map((bytes) => new Mutated(bytes));
}
