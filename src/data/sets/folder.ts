/**
 * Any folder of class-named folders with PNG and JPEG images.
 *
 * @module
 */
import { readFolder } from "../folder/read_folder.ts";
import { verifyFolder } from "../folder/verify_folder.ts";
import type { FoundSet } from "./definition.ts";

/** What lies in the folder of `--data-dir`. */
export const FOLDER: FoundSet<"folder"> = {
  name: "folder",
  title: "a folder of images",
  read: readFolder,
  verify: verifyFolder,
};
