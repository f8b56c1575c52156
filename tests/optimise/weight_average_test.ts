import assert from "node:assert/strict";
import { averageShare, type WeightAverage } from "../../src/optimise/weight_average.ts";
import { judgedTest } from "../testing/judge.ts";

const LENGTH = { epochs: 4, stepsPerEpoch: 3 }, STEPS = 12;
const AVERAGES: Record<string, WeightAverage> = {
  ema: { average: "ema", emaDecay: 0.6 },
  swa: { average: "swa", swaStart: 2 },
};

/** A weight and a running statistic after `done` steps. */
const valueAt = (done: number) => [Math.sin(3 * done + 1), 2 + Math.cos(5 * done)];

/** What the averages are after every step, in float64. */
function averagesOf(how: WeightAverage): number[][] {
  let average = valueAt(0);
  return Array.from({ length: STEPS }, (_, i) => {
    const share = averageShare(how, LENGTH, i + 1);
    const now = valueAt(i + 1);
    if (share !== undefined) average = average.map((old, j) => old + share * (now[j]! - old));
    return average;
  });
}

const TORCH = `
import json, sys, torch
from torch.optim.swa_utils import AveragedModel
values = json.loads(sys.argv[1])
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        self.register_buffer("statistic", torch.zeros(1, dtype=torch.float64))
    def put(self, pair):
        self.weight.data.fill_(pair[0]); self.statistic.fill_(pair[1])
def pair(model): return [model.weight.item(), model.statistic.item()]
net, results = Net(), {}
for kind in ("ema", "swa"):
    net.put(values[0])
    ema = lambda old, new, n: old + (1 - min(0.6, n.item() / (9 + n.item()))) * (new - old)
    averaged = AveragedModel(net, avg_fn=ema if kind == "ema" else None, use_buffers=True)
    if kind == "ema": averaged.update_parameters(net)  # the first is copied: what training begins with
    results[kind] = []
    for done, value in enumerate(values[1:], 1):
        net.put(value)
        if kind == "ema": averaged.update_parameters(net)
        elif done % 3 == 0 and done // 3 >= 2: averaged.update_parameters(net)
        results[kind].append(pair(averaged.module))
print(json.dumps(results))
`;

judgedTest(
  "averageShare() makes torch's AveragedModel, buffers included",
  ["torch"],
  async (judge) => {
    const values = Array.from({ length: STEPS + 1 }, (_, done) => valueAt(done));
    const expected = JSON.parse(await judge(TORCH, JSON.stringify(values)));
    const close = (actual: number[], wanted: number[], what: string) =>
      actual.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]!) < 1e-12, what));
    averagesOf(AVERAGES.ema!).forEach((pair, i) =>
      close(pair, expected.ema[i], `ema, step ${i + 1}`)
    );
    // Before the first epoch that counts, torch has nothing: ours is the weights at the end of an epoch.
    averagesOf(AVERAGES.swa!).slice(5).forEach((pair, i) =>
      close(pair, expected.swa[i + 5], `swa, step ${i + 6}`)
    );
  },
);

Deno.test("averageShare() of swa is 1 at the ends of epochs that do not count, and of none is nothing", () => {
  const shares = Array.from(
    { length: STEPS },
    (_, i) => averageShare(AVERAGES.swa!, LENGTH, i + 1),
  );
  const [none, all] = [undefined, 1];
  const expected = [none, none, all, none, none, all, none, none, 1 / 2, none, none, 1 / 3];
  assert.deepEqual(shares, expected);
  assert.equal(averageShare({ average: "none" }, LENGTH, 3), undefined);
});
