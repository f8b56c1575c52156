import assert from "node:assert/strict";
import { openBackend } from "../../../src/backend/open.ts";
import { inRunFolder, readLog } from "../../repro/support.ts";
import { judgedTest } from "../../testing/judge.ts";
import { smallRecipe, trainIn } from "../../testing/runs.ts";
import { readEvents } from "./read_events.ts";

judgedTest(
  "train() shows TensorBoard what its log has, stopped and continued or not",
  ["tensorboard"],
  (judge) =>
    inRunFolder(async (runDir) => {
      const recipe = smallRecipe({ variant: "v1" }), stop = new AbortController();
      const backend = await openBackend("wasm", { workers: 1 }), tensorboard = true;
      const stopping = {
        onStep: ({ epoch, step }: { epoch: number; step: number }) => {
          if (epoch === 2 && step === 2) stop.abort();
        },
      };
      try {
        const first = { tensorboard, signal: stop.signal, observer: stopping };
        await assert.rejects(trainIn(runDir, recipe, backend, first), { name: "Interrupted" });
        await trainIn(runDir, recipe, backend, { tensorboard });
      } finally {
        backend.close();
      }
      const log = await readLog(runDir),
        { scalars, histograms, images } = await readEvents(judge, runDir);
      const values = (kind: string, value: (line: Record<string, number>) => number | undefined) =>
        log.filter((line) => line.kind === kind)
          .map((line) => value({ ...line, ...line.terms as object } as Record<string, number>))
          .flatMap((each) => each === undefined ? [] : [Math.fround(each)]);
      for (const name of ["loss", "ce", "kl", "memory"]) {
        const own = values("step", (line) => line[name]);
        assert.deepEqual(scalars[`step/${name}`]!.map(([, value]) => value), own, name);
        const steps = scalars[`step/${name}`]!.map(([at]) => at);
        assert.deepEqual(steps, [1, 2, 3, 4, 5, 6].slice(-own.length), "every step once");
        assert.deepEqual(
          scalars[`epoch/${name}`]!.map(([, value]) => value),
          values("epoch", (line) => line[name]),
        );
      }
      const { mean, counts } = log.at(-1)!.weights as { mean: number; counts: number[] };
      assert.deepEqual(histograms, {
        "weights/memory": [[
          6,
          0,
          1,
          20,
          mean * 20,
          0,
          counts.map((_, bin) => (bin + 1) / 20),
          counts,
        ]],
      });
      // Four images are in the last batch of an epoch, and the first epoch has no memory.
      const shown = Object.entries(images).map((
        [tag, all],
      ) => [tag, ...all.map(([at, width]) => [at, width])]);
      assert.deepEqual(Object.fromEntries(shown.map(([tag, ...at]) => [tag, at])), {
        "images/clean": [[3, 131], [6, 131]],
        "images/adversarial": [[3, 131], [6, 131]],
        "images/memory": [[6, 131]],
      });
    }),
);
