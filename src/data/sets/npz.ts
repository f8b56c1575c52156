/**
 * Any images and labels in NumPy's `.npz` files.
 *
 * @module
 */
import { readNpz, verifyNpz } from "../npz/read_npz.ts";
import type { FoundSet } from "./definition.ts";

/** What lies in the file or folder of `--data-dir`. */
export const NPZ: FoundSet<"npz"> = {
  name: "npz",
  title: "images in .npz files",
  read: readNpz,
  verify: verifyNpz,
};
