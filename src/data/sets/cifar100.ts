/**
 * CIFAR-100 with its fine labels, in its binary format, or in Python's pickles as torchvision leaves them.
 *
 * @module
 */
import { recordDecoder } from "./binary_records.ts";
import type { PublishedSet } from "./definition.ts";
import { pickleDecoder } from "./pickled_batches.ts";

const classes = [
  ...["apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle"],
  ...["bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle"],
  ...["caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch"],
  ...["crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox"],
  ...["girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion"],
  ...["lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom"],
  ...["oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree"],
  ...["plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road"],
  ...["rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake"],
  ...["spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank"],
  ...["telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle"],
  ...["wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"],
];
const superclasses = 20;
const shape = { height: 32, width: 32, channels: 3 };

/** Records of a byte for the superclass, one for the class, and 3,072 pixel bytes. */
export const CIFAR100: PublishedSet<"cifar100"> = {
  name: "cifar100",
  title: "CIFAR-100",
  classes,
  shape,
  source: {
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    folder: "cifar-100-binary",
    documents: ["fine_label_names.txt", "coarse_label_names.txt"],
  },
  splits: {
    train: { files: ["train.bin"], images: 50_000 },
    test: { files: ["test.bin"], images: 10_000 },
  },
  decode: recordDecoder({ shape, labels: [superclasses, classes.length] }),
  others: [{
    folder: "cifar-100-python",
    splits: {
      train: { files: ["train"], images: 50_000 },
      test: { files: ["test"], images: 10_000 },
    },
    decode: pickleDecoder({ shape, labels: "fine_labels", classes: classes.length }),
  }],
};
