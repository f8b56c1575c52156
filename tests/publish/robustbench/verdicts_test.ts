import assert from "node:assert/strict";
import { verdictTable } from "../../../src/publish/robustbench/verdicts.ts";
import { stored } from "./made_reports.ts";

Deno.test("verdictTable() has a row for each image, and nothing where one was not looked at", () => {
  const { result: { verdicts: _, ...counts }, ...rest } = stored("pgd5", "11");
  const evaluations = [stored("clean", "101"), { ...rest, result: counts }, stored("pgd20", "10")];
  assert.equal(verdictTable(evaluations), "image,clean,pgd20\n0,1,1\n1,0,0\n2,1,\n");
});

Deno.test("verdictTable() is nothing where no verdicts are known", () => {
  assert.equal(verdictTable([]), undefined);
});
