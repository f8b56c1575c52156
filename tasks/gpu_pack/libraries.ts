/**
 * Shared libraries that a GPU's Vulkan driver is reached through, and that containers with a driver often lack.
 *
 * @module
 */
import { RunError } from "../../src/errors.ts";

/** By name, Debian's package: Vulkan's loader, and what NVIDIA's driver is linked to. */
const LIBRARIES: Readonly<Record<string, string>> = {
  "libvulkan.so.1": "libvulkan1",
  "libGLdispatch.so.0": "libglvnd0",
  "libGLX.so.0": "libglx0",
  "libEGL.so.1": "libegl1",
  "libX11.so.6": "libx11-6",
  "libXext.so.6": "libxext6",
  "libxcb.so.1": "libxcb1",
  "libXau.so.6": "libxau6",
  "libXdmcp.so.6": "libxdmcp6",
  "libbsd.so.0": "libbsd0",
  "libmd.so.0": "libmd0",
};

/**
 * Where this machine has them, by name.
 *
 * @throws {RunError} if it lacks one
 */
export async function findLibraries(): Promise<Map<string, string>> {
  const { stdout } = await new Deno.Command("/sbin/ldconfig", { args: ["-p"] }).output();
  const known = libraryPaths(new TextDecoder().decode(stdout));
  return new Map(
    Object.entries(LIBRARIES).map(([name, debian]) => {
      const path = known.get(name);
      if (path === undefined) {
        throw new RunError(`This machine has no ${name}: apt-get install ${debian}.`);
      }
      return [name, path];
    }),
  );
}

/** Path by name of the x86-64 libraries that `ldconfig -p` has listed, each where the linker finds it first. */
export function libraryPaths(listed: string): Map<string, string> {
  const rows = [...listed.matchAll(/^\t(\S+) \(libc6,x86-64[^)]*\) => (\S+)$/gm)];
  return new Map(rows.reverse().map(([, name, path]) => [name!, path!]));
}
