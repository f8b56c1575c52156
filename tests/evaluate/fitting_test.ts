import assert from "node:assert/strict";
import { checkFitting } from "../../src/evaluate/fitting.ts";
import { resnet18 } from "../../src/model/architectures/resnet18.ts";
import { smallData } from "../testing/runs.ts";

Deno.test("checkFitting() refuses a network of other classes or channels than the data set's", () => {
  const { test } = smallData();
  checkFitting("w", resnet18({ width: 1, classes: 10 }), test);
  assert.throws(() => checkFitting("w", resnet18({ width: 1, classes: 100 }), test), {
    name: "UsageError",
    message: "w tells 100 classes apart, but synthetic has 10.",
  });
  assert.throws(() => checkFitting("w", resnet18({ width: 1, classes: 10, channels: 1 }), test), {
    name: "UsageError",
    message: "w takes 1-channel images, but those of synthetic have 3 channels.",
  });
});

Deno.test("checkFitting() refuses a network that was trained on classes of other names", () => {
  const { test } = smallData(), network = resnet18({ width: 1, classes: 10 });
  checkFitting("w", network, test, [...test.classes]);
  const [first, second, ...rest] = test.classes;
  assert.throws(() => checkFitting("w", network, test, [first!, "0b", ...rest]), {
    name: "UsageError",
    message: `w was trained to call class 1 "0b", but synthetic calls it "${second}": ` +
      "give the classes their names back, or name another --data-dir.",
  });
});

Deno.test("checkFitting() says of classes that look the same that their Unicode forms differ", () => {
  const { test } = smallData(), network = resnet18({ width: 1, classes: 10 });
  const [, ...rest] = test.classes, data = { ...test, classes: [...rest, "caf\u00e9"] };
  assert.throws(() => checkFitting("w", network, data, ["cafe\u0301", ...rest]), {
    name: "UsageError",
    message:
      'w was trained on a class "cafe\u0301", which synthetic has in another Unicode form: ' +
      "give both names one form, as convmv --nfc does.",
  });
});
