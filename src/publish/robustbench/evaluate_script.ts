/**
 * The Python that loads an entry and measures it with AutoAttack's own code.
 *
 * @module
 */
import { PUBLISHED_EFFORT, VERSION_TRAITS } from "../../attack/autoattack/versions.ts";
import { isPublished } from "../../data/sets/definition.ts";
import { type DataName, findSet } from "../../data/sets/sets.ts";
import { checkClasses } from "../../evaluate/autoattack/sanity.ts";
import { dataKindOf } from "../../run/weights/data_kind.ts";
import { formatRadius } from "../../evaluate/report.ts";
import { MODULE_MARK, moduleName } from "../../weights/export/python_module.ts";
import { NORMS } from "./autoattack_log.ts";
import type { EntryContents } from "./contents.ts";

/** Bytes before the pixels of a record in CIFAR's binary files, of which the last is the label. */
const LABEL_BYTES: Readonly<Record<string, number>> = { cifar10: 1, cifar100: 2 };

/** The script's text. */
export function evaluateScript({ name, network, record, recipe, weights }: EntryContents): string {
  const { data, threat: { norm, epsilon } } = recipe;
  const { channels, height, width } = dataKindOf(record).shape;
  const eps = norm === "linf" ? formatRadius(epsilon) : epsilon;
  const labels = LABEL_BYTES[data], binary = labels !== undefined;
  return `${MODULE_MARK} measures ${name} with AutoAttack's own code.

    pip install torch numpy pyautoattack
    python evaluate.py ${binary ? testFile(data) : "test.npz"} --n-ex 1000
"""
import argparse
import logging
import os
import sys

import numpy
import torch

from ${moduleName(network)} import load

FOLDER = os.path.dirname(os.path.abspath(__file__))


def read_images(path):
    """x [N, ${channels}, ${height}, ${width}] in [0, 1] and y from a .pt with these, or from ${
    binary ? "CIFAR's binary test file,\n    or from " : ""
  }a .npz with image, bytes of
    [N, ${height}, ${width}, ${channels}] or [N, ${channels}, ${height}, ${width}], and label."""
    if path.endswith(".pt"):
        images = torch.load(path, map_location="cpu", weights_only=True)
        return images["x"], images["y"].long()
${binary ? readBinary(labels, [channels, height, width]) : ""}    file = numpy.load(path)
    pixels, labels = file["image"], file["label"]
    if pixels.shape[1:] == (${height}, ${width}, ${channels}):
        pixels = pixels.transpose(0, 3, 1, 2)
    return torch.tensor(pixels).contiguous().float() / 255, torch.tensor(labels).long()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("images")
    parser.add_argument("--n-ex", type=int, help="the first N images; default all")
    parser.add_argument("--batch-size", type=int, default=250)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--attack", default="standard", help="or none, or e.g. apgd-ce,square")
    args = parser.parse_args()
    x, y = (each[:args.n_ex] for each in read_images(args.images))
    model = load(os.path.join(FOLDER, "${weights.path}")).to(args.device)
    with torch.no_grad():
        batches = [model(batch.to(args.device)) for batch in x.split(args.batch_size)]
    correct = (torch.cat(batches).argmax(1).cpu() == y).sum().item()
    print(f"clean accuracy: {correct / len(y):.2%} ({correct} of {len(y)})", flush=True)
    if args.attack == "none":
        return

    from pyautoattack import AutoAttack
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("auto-attack").setLevel(logging.DEBUG)
    chosen = {"version": "standard"}
    if args.attack != "standard":
        chosen = {"version": "custom", "attacks": args.attack.split(",")}
    attack = AutoAttack(model, norm="${
    NORMS[norm]
  }", eps=${eps}, seed=0, device=args.device, **chosen)
${
    fewClasses(network.config.classes)
  }    x_adv, y_adv = attack.run_standard_evaluation(x, y, batch_size=args.batch_size)
    robust = (y_adv == y).sum().item()
    print(f"robust accuracy: {robust / len(y):.2%} ({robust} of {len(y)})")


if __name__ == "__main__":
    main()
`;
}

/** The first test file of a published data set, where `memloss data fetch` puts it. */
function testFile(data: DataName): string {
  const set = findSet(data);
  return isPublished(set) ? ["data", set.source.folder, set.splits.test.files[0]].join("/") : "";
}

/** Lines that read one of CIFAR's files. */
function readBinary(labels: number, shape: readonly number[]): string {
  const values = shape.reduce((a, b) => a * b);
  return `    if path.endswith(".bin"):
        records = numpy.fromfile(path, "uint8").reshape(-1, ${labels + values})
        pixels = torch.tensor(records[:, ${labels}:].reshape(-1, ${shape.join(", ")}))
        return pixels.float() / 255, torch.tensor(records[:, ${labels - 1}]).long()
`;
}

/** Lines that let AutoAttack's own code run on fewer classes than it is made for, as this program's does. */
function fewClasses(classes: number): string {
  if (classes > PUBLISHED_EFFORT.targets) return "";
  const standard = VERSION_TRAITS.standard.members,
    { members } = checkClasses(standard, classes, false);
  const targets = "attack.apgd_targeted.n_target_classes = attack.fab.n_target_classes";
  return [
    "# There are no more targets than other classes.",
    `${targets} = ${classes - 1}`,
    ...members.length === standard.length ? [] : [
      'if args.attack == "standard":  # the losses of the others compare more classes than there are',
      `    attack.attacks_to_run = ${JSON.stringify(members)}`,
    ],
  ].map((line) => `    ${line}\n`).join("");
}
