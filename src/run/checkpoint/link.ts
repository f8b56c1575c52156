/**
 * The links `last` and `best` beside a run's checkpoints: a courtesy to people, where the file system has links.
 *
 * @module
 */
import { join } from "@std/path";
import { temporaryPath } from "../../disk/files.ts";
import type { CheckpointLink } from "../checkpoints.ts";

/** What earlier versions left of a link that was being made. */
export const TORN_LINK = /^(?:best|last)\.tmp$/;

/**
 * Makes `link` name a checkpoint. Where there are no symbolic links, by the file system or for want of a permission, there is
 * none, and what an earlier commit may have left under its name goes.
 */
export async function pointLink(
  folder: string,
  link: CheckpointLink,
  target: string,
): Promise<void> {
  const path = join(folder, link), temporary = temporaryPath(path);
  try {
    if (await mayLink()) {
      await Deno.symlink(target, temporary);
      return await Deno.rename(temporary, path);
    }
  } catch {
    await Deno.remove(temporary).catch(() => {});
  }
  await Deno.remove(path).catch(() => {});
}

/** Whether symbolic links are allowed: Deno wants all files for one, and at a terminal it would stop the run to ask. */
async function mayLink(): Promise<boolean> {
  const all = [{ name: "read" }, { name: "write" }] as const;
  const states = await Promise.all(all.map((each) => Deno.permissions.query(each)));
  return states.every(({ state }) => state === "granted");
}
