/**
 * The flag of commands that write a file by a name that the user gives.
 *
 * @module
 */
import { switchFlag } from "../../recipe/flag.ts";

/** Without it only a file of the kind that is written is replaced. */
export const OVERWRITE = switchFlag("overwrite", "replace the file to be written, whatever it is");
