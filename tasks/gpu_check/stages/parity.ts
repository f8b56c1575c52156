/**
 * One training step of a small network on the GPU against PyTorch's in float64, by `tasks/parity.ts`.
 *
 * @module
 */
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../../src/format/safetensors.ts";
import { relativeError } from "../../../tests/testing/numbers.ts";
import { parity } from "../../parity.ts";
import { openAdapter } from "../adapter.ts";
import type { Notebook } from "../context.ts";
import { besideTheCheck } from "../processes.ts";

/** How far each kind of result may be from PyTorch's, as in `tests/tasks/parity_test.ts`. */
const TOLERANCES: readonly (readonly [RegExp, number])[] = [
  [/^(loss|logits_\w+)$/, 1e-5],
  [/^grad\./, 1e-2],
  [/^(after|momentum)\./, 1e-3],
];

/** Runs it. */
export async function run(notebook: Notebook): Promise<void> {
  await openAdapter(notebook);
  const path = besideTheCheck("../tests/fixtures/steps_w2.safetensors");
  const { tensors } = decodeSafetensors(await Deno.readFile(path), path);
  const under = (prefix: string) =>
    new Map(
      [...tensors].filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  const { out } = notebook.context;
  const write = async (name: string, given: ReadonlyMap<string, SafeTensor>) => {
    const file = join(out, `parity-${name}.safetensors`);
    await Deno.writeFile(file, encodeSafetensors(given, {}));
    return file;
  };
  const start = await write("start", under("start."));
  const names = ["x", "x_adv", "x_mem", "y"];
  const images = await write("images", new Map(names.map((name) => [name, tensors.get(name)!])));
  const result = join(out, "parity-step.safetensors");
  const flags = ["--variant", "v1", "--lr", "0.1", "--backend", "webgpu", "--out", result];
  await parity([start, images, ...flags]);
  const { tensors: made } = decodeSafetensors(await Deno.readFile(result), result);
  const worst: Record<string, { readonly tensor: string; readonly error: number }> = {};
  const wrong: string[] = [];
  for (const [name, { data }] of under("v1.")) {
    if (data instanceof BigInt64Array) continue;
    const [kind, tolerance] = TOLERANCES.find(([each]) => each.test(name))!;
    const error = relativeError(made.get(name)!.data as Float32Array, data as Float32Array);
    if (!(error <= tolerance)) wrong.push(`${name}: ${error}`);
    if (!(error <= (worst[kind.source]?.error ?? -1))) worst[kind.source] = { tensor: name, error };
  }
  await notebook.note("worst", worst);
  await notebook.note("wrong", wrong);
  for (const { tensor, error } of Object.values(worst)) {
    console.log(`largest relative error: ${error.toExponential(1)}, ${tensor}`);
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} tensors are wrong: ${wrong[0]}`);
}
