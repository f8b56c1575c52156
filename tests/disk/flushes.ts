/**
 * What is flushed and renamed, in order.
 *
 * @module
 */

/** The flushes of files and folders, and the renames, while `action` runs: `flush PATH`, `rename FROM TO`. */
export async function flushes(action: () => Promise<void>): Promise<string[]> {
  const events: string[] = [];
  const paths = new WeakMap<Deno.FsFile, string>();
  const { open, rename } = Deno;
  const { sync } = Deno.FsFile.prototype;
  Deno.open = async (path, options) => {
    const file = await open(path, options);
    paths.set(file, String(path));
    return file;
  };
  Deno.rename = (from, to) => {
    events.push(`rename ${from} ${to}`);
    return rename(from, to);
  };
  Deno.FsFile.prototype.sync = function () {
    events.push(`flush ${paths.get(this)}`);
    return sync.call(this);
  };
  try {
    await action();
    return events;
  } finally {
    Deno.open = open;
    Deno.rename = rename;
    Deno.FsFile.prototype.sync = sync;
  }
}
