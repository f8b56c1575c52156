/** CIFAR's pickles as Python 2 wrote them in protocol 2, operation by operation. */
import { bytesOf } from "../weights/pytorch/made_files.ts";

/** A dict of images. */
export interface MadePickle {
  /** Images, and bytes of each. */
  readonly shape: readonly [n: number, values: number];
  readonly pixels: ArrayLike<number>;
  readonly labels: readonly number[];
  /** What the list of labels is called. */
  readonly called?: string;
  /** NumPy's type of the array. */
  readonly type?: string;
  /** Operations that put another value in place of the labels. */
  readonly instead?: string;
}

const int32 = (value: number) =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => value >>> shift & 255));
const word = (text: string) => `U${String.fromCharCode(text.length)}${text}`;

export function madePickle(
  { shape: [n, values], pixels, labels, called = "labels", type = "u1", instead }: MadePickle,
): Uint8Array<ArrayBuffer> {
  const raw = Array.from(pixels, (value) => String.fromCharCode(value)).join("");
  const dtype = `cnumpy\ndtype\n(${word(type)}K\0K\x01tR(K\x03${word("|")}NNN` +
    `J${int32(-1)}J${int32(-1)}K\0tb`;
  const array = `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0t${word("b")}tR` +
    `(K\x01(J${int32(n)}J${int32(values)}t${dtype}\x89T${int32(raw.length)}${raw}tb`;
  const list = `](${labels.map((label) => `J${int32(label)}`).join("")}e`;
  const dict = [
    ["batch_label", word("testing batch 1 of 1")],
    [called, instead ?? list],
    ["data", array],
    ["filenames", `](${word("a.png")}e`],
  ];
  return bytesOf(
    `\x80\x02}(${dict.map(([name, value]) => `${word(name!)}${value}`).join("")}u.`,
  );
}
