import assert from "node:assert/strict";
import { join } from "@std/path";
import type { Backend } from "../../src/backend/backend.ts";
import { readEvaluated } from "../../src/evaluate/asked/evaluated.ts";
import { identityOf } from "../../src/evaluate/asked/identity.ts";
import { architectureOf } from "../../src/evaluate/frozen_subject.ts";
import { sourceOf } from "../../src/evaluate/transfer.ts";
import { exportWeights } from "../../src/publish/export_weights.ts";
import { checkpointPath, findCheckpoint } from "../../src/run/checkpoints.ts";
import { readSubject } from "../../src/run/subject.ts";
import { beginningOf } from "../../src/run/weights/initial_weights.ts";
import { importWeights } from "../../src/upkeep/import_weights.ts";
import { showWeights } from "../../src/upkeep/show_weights.ts";
import { readNetwork } from "../../src/weights/file/read.ts";
import { inRunFolder, readLog } from "./support.ts";
import { usageError } from "../data/usage_error.ts";
import { onWasm } from "../testing/device.ts";
import { onNaiveWebGpu } from "../testing/naive/engine.ts";
import { smallRecipe, trainIn } from "../testing/runs.ts";

const TITLE = "ResNet-18 SiLU";

/** The losses of five steps of equal batches of PGD-AT. Its gradients are no differences of what is almost the same. */
async function losses(runDir: string, activation: "relu" | "silu", backend: Backend) {
  const recipe = smallRecipe({ variant: "pgd-at", activation, batchSize: 4, epochs: 1 });
  await trainIn(runDir, recipe, backend);
  const log = await readLog(runDir);
  return log.filter(({ kind }) => kind === "step").map(({ loss }) => loss as number);
}

/** Those on the CPU engine, for WebGPU's to be held against. */
let onCpu: number[] | undefined;

/** A byte for a letter. */
const letters = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

onWasm(
  "a run with SiLU says so wherever its weights go",
  (backend) =>
    inRunFolder(async (runDir) => {
      onCpu = await losses(runDir, "silu", backend);
      await inRunFolder(async (other) =>
        assert.notDeepEqual(await losses(other, "relu", backend), onCpu)
      );
      const found = await findCheckpoint(runDir, "last");
      const checkpoint = checkpointPath(runDir, found!.name),
        at = (name: string) => join(runDir, name);
      const titleOf = async (path: string) => (await readNetwork(path)).architecture.title;
      assert.equal(architectureOf(await readSubject(runDir, undefined) as never).title, TITLE);
      assert.equal(await titleOf(checkpoint), TITLE);
      // As the run exports it, and as it is brought back.
      for (const name of ["a.pt", "a.safetensors"]) {
        const { files } = await exportWeights(runDir, { format: "torch", out: at(name) });
        assert.match(files[0]!, /memloss_resnet18_silu\.py$/);
        assert.match(await Deno.readTextFile(files[0]!), /import silu\n[^]*silu\(self\.bn1/);
        assert.equal(await titleOf(at(name)), TITLE);
        await importWeights(at(name), { out: at("back.safetensors"), overwrite: true });
        const shown = await showWeights(at("back.safetensors"));
        assert.equal(shown.network?.title, TITLE);
        await assert.rejects(
          importWeights(at(name), { out: at("x.safetensors"), activation: "relu" }),
          usageError("The nonlinearity of", name, "is silu, as it says itself, and not relu"),
        );
      }
      const again = await exportWeights(at("back.safetensors"), {
        format: "torch",
        out: at("b.pt"),
      });
      assert.equal(again.architecture, TITLE);
      // A run that begins with it.
      assert.equal((await beginningOf({ from: at("a.pt") })).recipe.activation, "silu");
      // A file that says nothing is ReLU's unless somebody knows better.
      await importWeights(at("a.pt"), { out: at("c.safetensors") });
      const bytes = await Deno.readFile(at("c.safetensors"));
      const text = letters(bytes);
      const hidden = bytesOf(text.replace("memloss.activation", "somebody.activated"));
      await Deno.writeFile(at("d.safetensors"), hidden);
      assert.equal(await titleOf(at("d.safetensors")), "ResNet-18");
      await importWeights(at("d.safetensors"), { out: at("e.safetensors"), activation: "silu" });
      assert.deepEqual(await Deno.readFile(at("e.safetensors")), bytes);
      const file = await readSubject(at("d.safetensors"), undefined, undefined, "silu");
      assert.equal(architectureOf(file as never).title, TITLE);
      // A source is a file as any other.
      const evaluated = async (source: string, sourceActivation?: "relu" | "silu") => {
        const options = {
          source,
          attacks: ["pgd2"],
          limit: 3,
          ...sourceActivation && { sourceActivation },
        } as const;
        const { networks, source: read } = await readEvaluated(runDir, options);
        assert.ok(networks.source);
        const { path, activation } = sourceOf(read!, undefined);
        return [path, activation];
      };
      const identified = async (sourceActivation?: "silu") => {
        const options = {
          source: at("d.safetensors"),
          attacks: ["pgd2"],
          ...sourceActivation && { sourceActivation },
        } as const;
        return await identityOf(await readEvaluated(runDir, options), options);
      };
      assert.notDeepEqual(await identified("silu"), await identified());
      assert.deepEqual(await evaluated(at("d.safetensors")), [at("d.safetensors"), undefined]);
      assert.deepEqual(await evaluated(at("d.safetensors"), "silu"), [at("d.safetensors"), "silu"]);
      assert.deepEqual(await evaluated(at("c.safetensors")), [at("c.safetensors"), "silu"]);
      await assert.rejects(evaluated(runDir, "silu"), usageError("--source-activation is fixed"));
      await assert.rejects(
        readEvaluated(runDir, { sourceActivation: "silu" }),
        usageError("--source-activation needs --source"),
      );
      // To say of a file what is taken anyway makes no other evaluation of it.
      assert.deepEqual(
        await readSubject(at("d.safetensors"), undefined, undefined, "relu"),
        await readSubject(at("d.safetensors"), undefined),
      );
      const unknown = text.replace('"memloss.activation":"silu"', '"memloss.activation":"gelu"');
      await Deno.writeFile(at("f.safetensors"), bytesOf(unknown));
      await assert.rejects(readNetwork(at("f.safetensors")), usageError("f.safetensors", '"gelu"'));
    }),
);

onNaiveWebGpu(
  "a run with SiLU attacks and learns on WebGPU as on the CPU",
  (backend) =>
    inRunFolder(async (runDir) => {
      const found = await losses(runDir, "silu", backend);
      assert.equal(found.length, 5);
      found.forEach((loss, step) => {
        const difference = Math.abs(loss / onCpu![step]! - 1);
        assert.ok(difference < 1e-3, `step ${step + 1}: ${loss}, not ${onCpu![step]}`);
      });
    }),
);
