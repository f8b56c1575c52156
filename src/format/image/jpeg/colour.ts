/**
 * A JPEG image's colours as red, green and blue, in libjpeg's integers; those of four inks as Pillow mixes them.
 *
 * @module
 */

/** What the components of an image mean. */
export type ColourSpace = "grey" | "rgb" | "ycc" | "cmyk" | "ycck";

/** What a file says of its colours. */
export interface ColourHints {
  /** The numbers of its components. */
  readonly ids: readonly number[];
  /** Whether it is a JFIF file. */
  readonly jfif: boolean;
  /** What Adobe's marker says; undefined where there is none. */
  readonly adobe: number | undefined;
}

/** What libjpeg takes the components for. */
export function colourSpaceOf({ ids, jfif, adobe }: ColourHints): ColourSpace {
  if (ids.length === 1) return "grey";
  if (ids.length === 4) return adobe === undefined || adobe === 0 ? "cmyk" : "ycck";
  if (jfif) return "ycc";
  if (adobe !== undefined) return adobe === 0 ? "rgb" : "ycc";
  return String.fromCharCode(...ids) === "RGB" ? "rgb" : "ycc";
}

/** Planes of all pixels as red, green and blue. */
export function mixColours(
  space: ColourSpace,
  planes: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const [first, second, third, black] = planes as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const rgb = new Uint8Array(3 * first.length);
  if (space === "grey") {
    for (let pixel = 0, to = 0; to < rgb.length; pixel++, to += 3) {
      rgb[to] = rgb[to + 1] = rgb[to + 2] = first[pixel]!;
    }
    return rgb;
  }
  if (space === "rgb" || space === "cmyk") {
    for (let pixel = 0, to = 0; to < rgb.length; pixel++, to += 3) {
      rgb[to] = first[pixel]!;
      rgb[to + 1] = second[pixel]!;
      rgb[to + 2] = third[pixel]!;
    }
  } else fromLuminance(first, second, third, rgb);
  if (black === undefined) return rgb;
  // Adobe writes inks inverted, and others since as well: what is stored is what is left white. YCCK says so of the inks' own
  // inverse, which is what stands in `rgb` now.
  if (space === "ycck") { for (let i = 0; i < rgb.length; i++) rgb[i] = 255 - rgb[i]!; }
  for (let pixel = 0, to = 0; to < rgb.length; pixel++) {
    const white = black[pixel]!;
    for (let colour = 0; colour < 3; colour++, to++) {
      const product = (255 - rgb[to]!) * white + 128;
      rgb[to] = white - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}

/** Luminance and two differences of colour as red, green and blue. */
function fromLuminance(
  luminance: Uint8Array,
  blue: Uint8Array,
  red: Uint8Array,
  rgb: Uint8Array,
): void {
  const HALF = 1 << 15;
  for (let pixel = 0, to = 0; to < rgb.length; pixel++, to += 3) {
    const y = luminance[pixel]!, cb = blue[pixel]! - 128, cr = red[pixel]! - 128;
    rgb[to] = byte(y + ((91881 * cr + HALF) >> 16));
    rgb[to + 1] = byte(y + ((-22554 * cb - 46802 * cr + HALF) >> 16));
    rgb[to + 2] = byte(y + ((116130 * cb + HALF) >> 16));
  }
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
