/**
 * A verdict on an attacked image, and how a journal writes it: as a line that ends in its own checksum, and the adversarial
 * image beside it.
 *
 * @module
 */
import * as v from "valibot";
import type { Break } from "../../attack/autoattack/lanes.ts";
import { AUTOATTACK_MEMBERS, type AutoAttackMember } from "../../attack/autoattack/versions.ts";
import { crc32c } from "../../format/crc32c.ts";

/** How one member's search on one image ended. */
export interface Verdict {
  /** Which attack it was. */
  readonly member: AutoAttackMember;
  /** What the image is called. */
  readonly id: number;
  /** The adversarial image and its class, if one was found. */
  readonly outcome: Break | undefined;
  /** Time that the member has taken so far, over all sittings. */
  readonly seconds: number;
}

const lineSchema = v.strictObject({
  member: v.picklist(AUTOATTACK_MEMBERS),
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** CRC-32C of the adversarial image, if one was found: a crash of the machine can leave a line without its image. */
  image: v.optional(v.pipe(v.number(), v.safeInteger())),
  /** What that was taken for; −1 for no class. */
  predicted: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-1))),
  seconds: v.pipe(v.number(), v.minValue(0)),
});

/** Hexadecimal digits of the CRC-32C of what stands before it in the line. */
const SEAL_DIGITS = 8;

/** The line of a verdict, and the bytes of its adversarial image if it has one. */
export function encodeVerdict(
  { member, id, outcome, seconds }: Verdict,
): { readonly line: string; readonly image: Uint8Array<ArrayBuffer> | undefined } {
  const image = outcome && new Uint8Array(outcome.image.slice().buffer);
  const found = image && { image: crc32c(image), predicted: outcome.predicted };
  return { line: seal(JSON.stringify({ member, id, ...found, seconds })) + "\n", image };
}

/** Verdicts as they were written, and how far they go. */
interface DecodedVerdicts {
  readonly verdicts: readonly Verdict[];
  /** Characters of their lines. */
  readonly length: number;
  /** Bytes of their images. */
  readonly imagesLength: number;
}

/**
 * The verdicts of `lines` up to the first that is torn or changed, or whose image is.
 *
 * @param images those of all lines that promise one, one after another
 * @param values of one image
 */
export function decodeVerdicts(
  lines: string,
  images: Uint8Array<ArrayBuffer>,
  values: number,
): DecodedVerdicts {
  const imageBytes = Float32Array.BYTES_PER_ELEMENT * values;
  const verdicts: Verdict[] = [];
  let length = 0, imagesLength = 0;
  for (const line of lines.split("\n").slice(0, -1)) {
    const entry = readLine(line);
    if (entry === undefined) break;
    const { member, id, seconds, predicted } = entry;
    let outcome: Break | undefined;
    if (entry.image !== undefined && predicted !== undefined) {
      const bytes = images.slice(imagesLength, imagesLength + imageBytes);
      if (bytes.length < imageBytes || crc32c(bytes) !== entry.image) break;
      outcome = { image: new Float32Array(bytes.buffer), predicted };
      imagesLength += imageBytes;
    }
    verdicts.push({ member, id, seconds, outcome });
    length += line.length + 1;
  }
  return { verdicts, length, imagesLength };
}

/** `text` with its checksum. */
function seal(text: string): string {
  const checksum = crc32c(new TextEncoder().encode(text));
  return `${text} ${checksum.toString(16).padStart(SEAL_DIGITS, "0")}`;
}

function readLine(line: string): v.InferOutput<typeof lineSchema> | undefined {
  const text = line.slice(0, -SEAL_DIGITS - 1);
  if (line !== seal(text)) return undefined;
  try {
    const result = v.safeParse(lineSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
