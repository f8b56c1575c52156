/**
 * Mesa's drivers look for a Wayland display when they are loaded, and write an error to the terminal of people who have none.
 *
 * @module
 */

/** Where sockets of a session would be. */
const VARIABLE = "XDG_RUNTIME_DIR";
/** No folder, and nobody can make it one: what is looked for in it is missed in silence. */
const NOWHERE = "/dev/null";

/** Gives Mesa a folder to look in, where there is none and this variable may be set. To be called before its drivers load. */
export async function quietMesa(): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const { state } = await Deno.permissions.query({ name: "env", variable: VARIABLE });
  if (state === "granted" && !Deno.env.get(VARIABLE)) Deno.env.set(VARIABLE, NOWHERE);
}
