import assert from "node:assert/strict";
import { planCells } from "../../../src/reproduce/plan.ts";
import {
  minutesOf,
  snakefilePath,
  snakemakeScripts,
} from "../../../src/reproduce/scripts/snakemake.ts";
import type { TableFile } from "../../../src/reproduce/table_file.ts";
import { madeTable } from "../made_table.ts";

Deno.test("snakemakeScripts() has a rule for each step, and what a job may take as executors word it", () => {
  const cells = planCells(madeTable() as TableFile, { scale: "tiny", seeds: [3] });
  const options = { name: "made", out: "/there", command: ["memloss", "a b"], seeds: "3", cells };
  const more = { folder: "/my work", gpus: "a100:2", partition: "gpu", time: "1-12", threads: 4 };
  const text = (shards: number) =>
    snakemakeScripts({ ...options, ...more, shards })[snakefilePath("/there")]!;
  const rules = (shards: number) =>
    [...text(shards).matchAll(/^rule (.+):$/gm)].map(([, name]) => name);
  assert.deepEqual(rules(1), ["table", "train", "cell"]);
  assert.deepEqual(rules(3), ["table", "train", "part", "cell"]);
  assert.match(text(3), /^PROGRAM = "cd '\/my work' && memloss 'a b'"$/m);
  assert.match(text(3), /^ {4}"v1-seed3": "--only v1 --seeds 3",$/m);
  assert.match(
    text(3),
    /^ {4}input: expand\(DONE \+ "\{\{name\}\}\.\{part\}-of-3", part=\[1, 2, 3\]\)$/m,
  );
  assert.match(
    text(1),
    /resources: slurm_partition="gpu", gpu=2, gpu_model="a100", runtime=2160$/m,
  );
});

Deno.test("minutesOf() reads times as SLURM does", () => {
  const times = {
    "90": 90,
    "10:30": 11,
    "8:00:00": 480,
    "1-2": 1560,
    "1-2:30": 1590,
    "2-0:0:30": 2881,
  };
  for (const [time, minutes] of Object.entries(times)) assert.equal(minutesOf(time), minutes, time);
});
