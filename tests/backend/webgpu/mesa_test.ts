import assert from "node:assert/strict";
import { quietMesa } from "../../../src/backend/webgpu/mesa.ts";

const VARIABLE = "XDG_RUNTIME_DIR";

Deno.test("quietMesa() sets what Mesa misses, and leaves what is set or may not be", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const before = Deno.env.get(VARIABLE), { query } = Deno.permissions;
  const after = async (value: string) => {
    Deno.env.set(VARIABLE, value);
    await quietMesa();
    return Deno.env.get(VARIABLE);
  };
  try {
    assert.equal(await after("/run/user/1000"), "/run/user/1000");
    assert.equal(await after(""), "/dev/null");
    Deno.permissions.query = async (each) =>
      Object.create(await query.call(Deno.permissions, each), { state: { value: "prompt" } });
    assert.equal(await after(""), "");
  } finally {
    Deno.permissions.query = query;
    if (before === undefined) Deno.env.delete(VARIABLE);
    else Deno.env.set(VARIABLE, before);
  }
});
