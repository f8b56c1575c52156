/**
 * CIFAR-10 in its binary format, or in Python's pickles as torchvision leaves them.
 *
 * @module
 */
import { recordDecoder } from "./binary_records.ts";
import type { PublishedSet } from "./definition.ts";
import { pickleDecoder } from "./pickled_batches.ts";

const classes = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];
const shape = { height: 32, width: 32, channels: 3 };

/** Records of one label byte and 3,072 pixel bytes. */
export const CIFAR10: PublishedSet<"cifar10"> = {
  name: "cifar10",
  title: "CIFAR-10",
  classes,
  shape,
  source: {
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    folder: "cifar-10-batches-bin",
    documents: ["batches.meta.txt"],
  },
  splits: {
    train: { files: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), images: 50_000 },
    test: { files: ["test_batch.bin"], images: 10_000 },
  },
  decode: recordDecoder({ shape, labels: [classes.length] }),
  others: [{
    folder: "cifar-10-batches-py",
    splits: {
      train: { files: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`), images: 50_000 },
      test: { files: ["test_batch"], images: 10_000 },
    },
    decode: pickleDecoder({ shape, labels: "labels", classes: classes.length }),
  }],
};
