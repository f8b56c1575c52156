// Tries what the program has no permission for, and prints what came of it. The argument is a server that answers.
const [server] = Deno.args;
const attempts = {
  "reach a host": () => fetch(server),
  "open a connection": () =>
    Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server).port) }),
  "be a server": () => Deno.serve({ port: 0, onListen() {} }, () => new Response()).shutdown(),
  "import from a host": () => import(`${server}/module.js`),
  "run a program": () => new Deno.Command("/bin/true").output(),
  "run a program through Node": async () => {
    const { spawnSync } = await import("node:child_process");
    const { error } = spawnSync("/bin/true");
    if (error) throw error;
  },
  "load a library": () => Deno.dlopen("libc.so.6", {}).close(),
  "load a library through Node": async () => {
    const { dlopen } = (await import("node:process")).default;
    dlopen({ exports: {} }, "/lib/native.node");
  },
  "read the environment": () => Deno.env.get("PATH"),
};
const outcomes = {};
for (const [what, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    outcomes[what] = "done";
  } catch (error) {
    outcomes[what] = `${error.name}: ${error.message}`;
  }
}
console.log(JSON.stringify(outcomes));
