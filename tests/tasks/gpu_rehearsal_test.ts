import assert from "node:assert/strict";
import { join } from "@std/path";
import { STAGES } from "../../tasks/gpu_check/stages.ts";
import { faultsOf, FIGURES } from "../../tasks/gpu_rehearsal/figures.ts";
import { withDirectory } from "../data/made_cifar10.ts";

/** Findings that have a number at each of `places`. */
function findings(places: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = { finished: true };
  for (const place of places) {
    const steps = place.split("."), last = steps.pop()!;
    let at = found;
    for (const step of steps) at = (at[step] ??= {}) as Record<string, unknown>;
    at[last] = 1.5;
  }
  return found;
}

Deno.test("faultsOf() tells a stage that is missing, not finished, or without a figure", async () => {
  assert.deepEqual(Object.keys(FIGURES), Object.keys(STAGES));
  await withDirectory(async (folder) => {
    const write = (stage: string, found: unknown) =>
      Deno.writeTextFile(join(folder, `${stage}.json`), JSON.stringify(found));
    for (const [stage, places] of Object.entries(FIGURES)) await write(stage, findings(places));
    const page = "# A GPU, checked: a rehearsal\n\n## Every kernel's speed\n";
    await Deno.writeTextFile(join(folder, "summary.md"), page);
    assert.deepEqual(await faultsOf(folder), []);

    await Deno.remove(join(folder, "parity.json"));
    await write("host", { ...findings(FIGURES.host!), finished: undefined });
    await write("train", { ...findings(FIGURES.train!), steps: { count: 0 } });
    await write("variants", { finished: true, checked: 1, layers: [] });
    await Deno.writeTextFile(join(folder, "summary.md"), `${page}NaN images/s\n`);
    const faults = await faultsOf(folder);
    assert.match(faults.join("\n"), /^variants has no layers\.\*\.errors\.\*$/m);
    assert.match(faults.join("\n"), /^parity\.json cannot be read: /m);
    assert.match(faults.join("\n"), /^host is not finished$/m);
    assert.match(faults.join("\n"), /^train has no steps\.count$/m);
    assert.match(faults.join("\n"), /^train has no steps\.medianImagesPerSecond$/m);
    assert.match(faults.join("\n"), /^summary\.md says "NaN images\/s"$/m);
    assert.equal(faults.length, 6);
  });
});
