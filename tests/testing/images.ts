/** The images that most tests make: CIFAR's size, unless a test is about another. */
import { type ImageShape, valuesPerImage } from "../../src/data/dataset.ts";

export const SHAPE: ImageShape = { height: 32, width: 32, channels: 3 };
/** Values of one of them: 3,072. */
export const VALUES: number = valuesPerImage(SHAPE);
