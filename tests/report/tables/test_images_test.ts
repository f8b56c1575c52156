import assert from "node:assert/strict";
import { sameImages, testImages } from "../../../src/report/tables/test_images.ts";

const CIFAR = { data: "cifar10" } as const;
const NPZ = { data: "npz" } as const;

Deno.test("sameImages() holds digests of the images against each other where both are known", () => {
  const cifar = (sha256?: string, training = "t") => testImages(CIFAR, training, sha256);
  assert.equal(sameImages(cifar("a"), cifar("a", "other")), true);
  assert.equal(sameImages(cifar("a"), cifar("b")), false);
  assert.equal(sameImages(cifar("a"), cifar()), true, "what the recipes say is all there is");
  assert.equal(sameImages(cifar("a"), undefined), false);
});

Deno.test("sameImages() goes by data set, its choice of test images and the training images", () => {
  const same = (...[one, other]: Parameters<typeof testImages>[]) =>
    sameImages(testImages(...one!), testImages(...other!));
  assert.equal(same([CIFAR, "t"], [CIFAR, "t"]), true);
  assert.equal(same([CIFAR, "t"], [{ data: "svhn" }, "t"]), false);
  assert.equal(same([CIFAR, "t"], [CIFAR, "u"]), false, "the same set, encoded otherwise");
  const mixed = { ...CIFAR, auxFraction: 0.5 };
  assert.equal(same([CIFAR, "t"], [mixed, "u"]), true, "auxiliary images train and do not test");
  assert.equal(same([NPZ, "t"], [NPZ, "u"]), false);
  assert.equal(same([NPZ, "t"], [{ ...NPZ, auxFraction: 0.5 }, "u"]), false);
  assert.equal(same([NPZ, "t"], [{ ...NPZ, testFraction: 0.2 }, "t"]), true, "the default");
  assert.equal(same([NPZ, "t"], [{ ...NPZ, testFraction: 0.3 }, "t"]), false);
  assert.equal(same([NPZ, "t"], [{ ...NPZ, testSeed: 0 }, "t"]), true, "the default");
  assert.equal(same([NPZ, "t"], [{ ...NPZ, testSeed: 1 }, "t"]), false);
  const folder = (imageSize: number) => ({ data: "folder", imageSize }) as const;
  assert.equal(same([folder(32), "t"], [folder(64), "t"]), false);
});
