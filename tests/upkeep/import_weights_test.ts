import assert from "node:assert/strict";
import { join } from "@std/path";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
} from "../../src/format/safetensors.ts";
import { importWeights } from "../../src/upkeep/import_weights.ts";
import { inTemporary } from "../memory/support.ts";
import { fixture } from "../testing/fixture.ts";

Deno.test("importWeights() takes the weights of a checkpoint, and says how to take the average that lies beside them", () =>
  inTemporary(async (folder) => {
    const network = fixture("steps_w2").under("start."), bias = network.get("bn1.bias")!;
    const other: SafeTensor = { dtype: "F32", shape: [2], data: Float32Array.of(3, 4) };
    const average = [...network].map(([name, tensor]) =>
      [`optimizer.average.${name}`, name === "bn1.bias" ? other : tensor] as const
    );
    const checkpoint = join(folder, "checkpoint.safetensors");
    await Deno.writeFile(checkpoint, encodeSafetensors(new Map([...network, ...average]), {}));
    const taken = async (name: string, key?: string) => {
      const out = join(folder, name), { notes } = await importWeights(checkpoint, { out, key });
      const { tensors } = decodeSafetensors(await Deno.readFile(out), out);
      return { bias: tensors.get("bn1.bias")!.data, names: [...tensors.keys()], notes };
    };
    const raw = await taken("raw.safetensors");
    assert.deepEqual([raw.bias, raw.names.length], [bias.data, network.size]);
    const key = "optimizer.average";
    assert.match(
      raw.notes.at(-1)!,
      new RegExp(`has an average .* eval measures: --key ${key} takes`),
    );
    const averaged = await taken("average.safetensors", key);
    assert.deepEqual([averaged.bias, averaged.names.length], [other.data, network.size]);
    assert.doesNotMatch(averaged.notes.join(" "), /has an average/);
  }));
