import assert from "node:assert/strict";
import { VARIANTS } from "../../src/method/methods.ts";
import { FIELDS, type RecipeFlags, recipeInput, valueAt } from "../../src/recipe/fields.ts";
import { KNOTS_FORM } from "../../src/optimise/knots.ts";
import type { RecipeInput } from "../../src/recipe/recipe.ts";
import { choices, resolveRecipe, unsaidFields, withFields } from "../../src/recipe/resolve.ts";

function refuses(flags: RecipeFlags, message: string): void {
  assert.throws(() => resolveRecipe(recipeInput(flags)), { name: "UsageError", message });
}

Deno.test("resolveRecipe() is the paper's recipe of MemLoss V1 when nothing is given", () => {
  assert.deepEqual(resolveRecipe({}), {
    variant: "v1",
    beta: 3,
    betaPrime: 2,
    data: "cifar10",
    model: "resnet18",
    width: 64,
    epochs: 50,
    batchSize: 128,
    cropPadding: 4,
    seed: 1,
    threat: { norm: "linf", epsilon: 8 / 255 },
    attack: { steps: 10, stepSize: 2 / 255, start: "noise", loss: "kl", precision: "f32" },
    memory: {
      weight: "complement",
      codec: "int8",
      view: "stored",
      age: 1,
      budget: 256,
      onCorruption: "rerun",
    },
    optimiser: {
      lr: 0.21,
      schedule: "onecycle",
      momentum: 0.95,
      baseMomentum: 0.85,
      weightDecay: 5e-4,
      average: "none",
    },
    select: "val",
    backend: "auto",
  });
});

Deno.test("resolveRecipe() gives every variant the published coefficients, and only what it has", () => {
  const variants = ["v1", "v2", "v3", "trades", "pgd-at", "standard"] as const;
  const own = variants.map((variant) => {
    const { beta, betaPrime, memory, attack } = resolveRecipe({ variant });
    return [variant, beta, betaPrime, memory?.weight, memory?.codec, attack?.loss];
  });
  assert.deepEqual(own, [
    ["v1", 3, 2, "complement", "int8", "kl"],
    ["v2", 4, 1, "uniform", "int8", "kl"],
    ["v3", 4, 2, "uniform", "int8", "kl"],
    ["trades", 6, undefined, undefined, undefined, "kl"],
    ["pgd-at", undefined, undefined, undefined, undefined, "ce"],
    ["standard", undefined, undefined, undefined, undefined, undefined],
  ]);
  const standard = resolveRecipe({ variant: "standard" });
  for (const absent of ["beta", "memory", "attack"]) {
    assert.ok(!(absent in standard), `${absent} is absent, not undefined`);
  }
});

Deno.test("resolveRecipe() takes the paper's radius and steps in L2", () => {
  const l2 = resolveRecipe({ threat: { norm: "l2" } });
  assert.equal(l2.threat.epsilon, 128 / 255);
  assert.ok(Math.abs(l2.attack!.stepSize - 25.6 / 255) < 1e-15);
  const short = resolveRecipe({ threat: { norm: "l2", epsilon: 1 }, attack: { steps: 5 } });
  assert.equal(short.attack?.stepSize, 0.4);
  assert.equal(resolveRecipe({ threat: { epsilon: 4 / 255 } }).attack?.stepSize, 2 / 255);
});

Deno.test("resolveRecipe() has fgsm-pgi take one step of ε on from the memory, and begin afresh every 40 epochs", () => {
  const { betaPrime, attack, memory } = resolveRecipe({ variant: "fgsm-pgi" });
  assert.equal(betaPrime, 10);
  const { start, firstSteps, steps, stepSize } = attack!, { view, age, reset } = memory!;
  assert.deepEqual([start, firstSteps, steps, stepSize], ["memory", 1, 1, 8 / 255]);
  assert.deepEqual([view, age, reset], ["realigned", 1, 40]);
  refuses(
    { variant: "fgsm-pgi", attackStart: "noise" },
    "--attack-start noise takes from --variant fgsm-pgi its prior, the image's memory example: " +
      "use --variant n-fgsm for one step from noise, or leave it out.",
  );
});

Deno.test("resolveRecipe() takes the momenta of the schedule", () => {
  for (const schedule of ["step", "cosine", "constant"] as const) {
    const { optimiser } = resolveRecipe({ optimiser: { schedule } });
    assert.deepEqual(optimiser, {
      ...{ lr: 0.21, schedule, momentum: 0.9, weightDecay: 5e-4, average: "none" },
    });
  }
  refuses(
    { schedule: "cosine", baseMomentum: 0.8 },
    "--base-momentum has no meaning for --schedule cosine.",
  );
});

Deno.test("resolveRecipe() takes a schedule's own settings with that schedule alone", () => {
  const restarts = resolveRecipe({ optimiser: { schedule: "cosine-restarts" } }).optimiser;
  assert.deepEqual([restarts.restartPeriod, restarts.restartFactor], [10, 2]);
  const lrKnots = " 0:0.0, 5:1,10:0";
  const { optimiser } = resolveRecipe({ optimiser: { schedule: "piecewise", lrKnots } });
  assert.equal(optimiser.lrKnots, "0:0,5:1,10:0");
  assert.equal(optimiser.momentum, 0.9);
  refuses({ restartPeriod: 3 }, "--restart-period has no meaning for --schedule onecycle.");
  refuses(
    { schedule: "piecewise", lrKnots, restartFactor: 3 },
    "--restart-factor has no meaning for --schedule piecewise.",
  );
  refuses(
    { schedule: "constant", lrKnots },
    "--lr-knots has no meaning for --schedule constant.",
  );
  refuses(
    { schedule: "piecewise" },
    "--schedule piecewise needs --lr-knots, such as 0:0,15:1,30:0 with --epochs 30: up to --lr over 15 epochs, down to 0 over 15.",
  );
  refuses(
    { schedule: "piecewise", lrKnots: "5:1,3:0" },
    `--lr-knots ${KNOTS_FORM}, not 5:1,3:0.`,
  );
  refuses(
    { schedule: "cosine-restarts", restartPeriod: 0.5 },
    "--restart-period must be a whole number of at least 1, not 0.5.",
  );
});

/** Another value than the default for every field that HAT with V3's memory has under one schedule with one average. */
const OTHER: RecipeInput = {
  variant: "hat+v3",
  beta: 0,
  betaPrime: 0,
  gamma: 0,
  helper: "runs/helper",
  data: "folder",
  dataDir: "/data",
  imageSize: 64,
  testFraction: 0.3,
  testSeed: 5,
  auxData: "generated.npz",
  auxFraction: 0.5,
  limitTrain: 64,
  model: "small-cnn",
  width: 4,
  activation: "relu", // another is not attacked in float16
  from: "given.pth",
  epochs: 2,
  batchSize: 32,
  microBatch: 8,
  cropPadding: 2,
  noFlip: true,
  cutout: 8,
  seed: 0,
  labelSmoothing: 0.1,
  threat: { norm: "l2", epsilon: 0.5 },
  attack: {
    steps: 3,
    start: "memory",
    firstSteps: 7,
    stepSize: 0.25,
    loss: "ce",
    precision: "f16",
  },
  memory: {
    weight: "misclassified",
    codec: "f32",
    view: "realigned",
    age: 3,
    reset: 9,
    ema: 0.8,
    budget: 0,
    index: "http://127.0.0.1:4512/",
    onCorruption: "stop",
  },
  optimiser: {
    lr: 0.1,
    schedule: "onecycle",
    momentum: 0.8,
    baseMomentum: 0.7,
    weightDecay: 0,
    average: "ema",
    emaDecay: 0.5,
    averageBatchNorm: "averaged",
    clipGradNorm: 2,
    awp: 0.25,
    awpWarmup: 1,
  },
  select: "none",
  limitTest: 32,
  checkpointEvery: 5,
  backend: "wasm",
  workers: 2,
  deterministic: true,
};

Deno.test("resolveRecipe() mirrors no image of a data set of digits, unless it is told to", () => {
  assert.equal(resolveRecipe({ data: "svhn" }).noFlip, true);
  assert.equal(resolveRecipe({ data: "svhn", noFlip: false }).noFlip, false);
  assert.ok(!("noFlip" in resolveRecipe({ data: "cifar10" })));
});

Deno.test("resolveRecipe() does not say that a switch is off which is off unless it is on", () => {
  const { noFlip, deterministic, ...rest } = resolveRecipe({ noFlip: false, deterministic: false });
  assert.deepEqual([noFlip, deterministic, rest], [undefined, undefined, resolveRecipe({})]);
});

Deno.test("resolveRecipe() leaves what is given as it is", () => {
  const others = ["swaStart", "restartPeriod", "restartFactor", "lrKnots"]; // of other averages, schedules
  for (const { path } of FIELDS) {
    const other = path === "earlyStop" || others.some((name) => path === `optimiser.${name}`);
    assert.equal(valueAt(OTHER, path) === undefined, other, path);
  }
  assert.deepEqual(resolveRecipe(OTHER), OTHER);
});

Deno.test("resolveRecipe() does not change a recipe that it made", () => {
  for (const variant of VARIANTS) {
    const recipe = resolveRecipe({ variant, threat: { norm: "l2" } });
    assert.deepEqual(resolveRecipe(recipe), recipe);
  }
});

Deno.test("resolveRecipe() refuses a field that its variant does not have", () => {
  const cases: RecipeFlags[] = [
    { variant: "standard", beta: 1 },
    { variant: "pgd-at", beta: 1 },
    { variant: "trades", betaPrime: 1 },
    { variant: "trades", memoryCodec: "f32" },
    { variant: "trades", memoryWeight: "misclassified" },
    { variant: "trades", memoryAge: 2 },
    { variant: "trades", onCorruption: "stop" },
    { variant: "standard", attackLoss: "kl" },
    { variant: "standard", attackPrecision: "f16" },
    { variant: "standard", attackSteps: 3 },
    { variant: "standard", attackStep: 0.1 },
  ];
  for (const flags of cases) {
    const name = Object.keys(flags)[1]!.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    refuses(flags, `--${name} has no meaning for --variant ${flags.variant}.`);
  }
});

Deno.test("resolveRecipe() says which variant is meant by a memory term on one that takes none", () => {
  const message = "--variant must be v1, which is trades with that memory term " +
    "(--beta 6 for the β of trades), not trades+v1.";
  refuses({ variant: "trades+v1" as "v1" }, message);
  refuses(
    { variant: "fgsm-pgi+v1" as "v1" },
    "--variant must be fgsm-pgi or v1, because fgsm-pgi has a memory term of its own, not fgsm-pgi+v1.",
  );
});

Deno.test("resolveRecipe() refuses to begin N-FGSM's step at memory examples", () => {
  refuses(
    { variant: "n-fgsm+v1", attackStart: "memory" },
    "--attack-start memory takes from --variant n-fgsm+v1 its noise: " +
      "use --variant fgsm-pgi for one step from the memory's examples, or leave it out.",
  );
  assert.equal(resolveRecipe({ variant: "n-fgsm+v1" }).attack?.start, "noise");
});

Deno.test("resolveRecipe() refuses a memory weight that is not defined for its variant", () => {
  const weighing = (weight: string, variant: string) =>
    `--memory-weight ${weight} is not defined for --variant ${variant}: it takes`;
  refuses({ memoryWeight: "misclassified" }, `${weighing("misclassified", "v1")} complement.`);
  refuses(
    { variant: "v2", memoryWeight: "misclassified" },
    `${weighing("misclassified", "v2")} uniform.`,
  );
  refuses(
    { variant: "v3", memoryWeight: "complement" },
    `${weighing("complement", "v3")} uniform or misclassified.`,
  );
});

Deno.test("resolveRecipe() refuses the memory's attack loss without a memory, and with β = 0", () => {
  const message = "--attack-loss memory-kl weighs by β'/β: " +
    "it needs a variant with both (v1, v2, v3, mart+v1, mart+v2, mart+v3, hat+v1, hat+v2, hat+v3) and --beta over 0.";
  refuses({ variant: "trades", attackLoss: "memory-kl" }, message);
  refuses({ variant: "pgd-at", attackLoss: "memory-kl" }, message);
  refuses({ variant: "fgsm-pgi", attackLoss: "memory-kl" }, message);
  refuses({ variant: "v2", attackLoss: "memory-kl", beta: 0 }, message);
  const { attack } = resolveRecipe({ attack: { loss: "memory-kl" } });
  assert.equal(attack?.loss, "memory-kl");
});

Deno.test("resolveRecipe() refuses to attack in float16 what is attacked in float32 all the same", () => {
  refuses(
    { activation: "silu", attackPrecision: "f16" },
    "--attack-precision f16 is for networks with ReLU, and --activation silu is attacked in float32: leave one of them out.",
  );
  const { attack } = resolveRecipe({ activation: "relu", attack: { precision: "f16" } });
  assert.equal(attack?.precision, "f16");
});

Deno.test("resolveRecipe() refuses a radius over the whole range of pixels", () => {
  refuses(
    { attackEps: 8 },
    "--attack-eps 8 is more than any pixel can move in [0,1]: did you mean 8/255?",
  );
  assert.equal(resolveRecipe({ threat: { norm: "l2", epsilon: 8 } }).threat.epsilon, 8);
});

Deno.test("resolveRecipe() refuses an average that its codec cannot hold, or that never learns", () => {
  const message = "--memory-ema mixes crops, which leaves the ball that int8 can store: " +
    "add --memory-view realigned, or --memory-codec f16 or f32.";
  refuses({ memoryEma: 0.8 }, message);
  refuses(
    { memoryEma: 1, memoryView: "realigned" },
    "--memory-ema must be below 1, not 1: 1 would never learn.",
  );
  const cases: RecipeFlags[] = [
    { memoryView: "realigned" },
    { memoryCodec: "f16" },
    { memoryCodec: "f32" },
    { attackNorm: "l2" },
  ];
  for (const flags of cases) {
    const { memory } = resolveRecipe(recipeInput({ memoryEma: 0.8, ...flags }));
    assert.equal(memory?.ema, 0.8);
  }
  // With a share of nothing it is none.
  for (const flags of [{}, ...cases]) {
    const none = recipeInput({ memoryEma: 0, ...flags });
    assert.deepEqual(resolveRecipe(none), resolveRecipe(recipeInput(flags)));
  }
});

Deno.test("resolveRecipe() refuses what no flag would take, and what is no field", () => {
  refuses({ width: 0 }, "--width must be a whole number from 1 to 1024, not 0.");
  refuses({ cropPadding: 5 }, "--crop-padding must be a whole number from 0 to 4, not 5.");
  refuses({ momentum: 1.5 }, "--momentum must be a number from 0 to 1, not 1.5.");
  refuses(
    { memoryIndex: "index.kv" },
    "--memory-index must be an http or https address, not index.kv.",
  );
  const { memory } = resolveRecipe({ memory: { index: " HTTPS://Host" } });
  assert.equal(memory?.index, "https://host/");
  for (const [input, path] of [[{ colour: 3 }, "colour"], [{ memory: 3 }, "memory"]]) {
    assert.throws(() => resolveRecipe(input as RecipeInput), {
      name: "UsageError",
      message: `"${path}" is no part of a recipe, or has another form there.`,
    });
  }
});

Deno.test("withFields() puts changes in place of what a recipe says there", () => {
  const recipe = resolveRecipe({}), changes = { seed: 5, memory: { age: 2 } };
  assert.deepEqual(withFields(recipe, changes), {
    ...recipe,
    seed: 5,
    memory: { ...recipe.memory, age: 2 },
  });
  assert.deepEqual(withFields({}, changes), changes);
});

Deno.test("choices() are what does not follow from the rest of a recipe, so that it follows changes", () => {
  const run = resolveRecipe({ variant: "v1", seed: 3, attack: { stepSize: 4 / 255 } });
  assert.deepEqual(choices(run), { seed: 3, attack: { stepSize: 4 / 255 } });
  assert.deepEqual(resolveRecipe(choices(run)), run);
  const changed = (changes: RecipeInput, from: RecipeInput = {}) =>
    resolveRecipe(withFields(choices(resolveRecipe(from)), changes));
  for (
    const [from, to] of [
      [{ variant: "trades" }, { variant: "mart" }],
      [{ variant: "trades" }, { variant: "v1" }],
      [{ variant: "v2" }, { variant: "v3" }],
      [{ variant: "pgd-at" }, { variant: "n-fgsm" }],
      [{ variant: "n-fgsm" }, { variant: "trades" }],
      [{ variant: "trades" }, { variant: "standard" }],
      [{ variant: "standard" }, { variant: "trades" }],
      [{ variant: "v1" }, { threat: { norm: "l2" } }],
      [{ variant: "v1" }, { optimiser: { schedule: "cosine" } }],
    ] as const
  ) {
    assert.deepEqual(changed(to, from), resolveRecipe({ ...from, ...to }));
  }
  assert.equal(changed({ variant: "mart" }, { variant: "trades", beta: 2 }).beta, 2, "was said");
  // By itself it is none.
  const knotless = { optimiser: { schedule: "piecewise" } } as const;
  assert.deepEqual(choices(knotless), knotless);
});

Deno.test("unsaidFields() are those that a recipe has and its input had not", () => {
  const recipe = resolveRecipe({ variant: "standard" });
  const { select: _, ...given } = { ...recipe, threat: { norm: "linf" } as const };
  assert.deepEqual(unsaidFields(given, recipe).map(({ path }) => path), [
    "select",
    "threat.epsilon",
  ]);
});

Deno.test("resolveRecipe() has a onecycle whose momentum is never more than --momentum", () => {
  const base = (momentum: number) =>
    resolveRecipe({ optimiser: { momentum } }).optimiser.baseMomentum;
  assert.deepEqual([base(0.95), base(0.5)], [0.85, 0.5]);
});

Deno.test("resolveRecipe() has statistics of averaged weights where there are any", () => {
  const given = { average: "ema", averageBatchNorm: "reestimated" } as const;
  assert.equal(resolveRecipe({ optimiser: given }).optimiser.averageBatchNorm, "reestimated");
  assert.ok(!("averageBatchNorm" in resolveRecipe({ optimiser: { average: "swa" } }).optimiser));
  refuses(
    { averageBatchNorm: "averaged" },
    "--average-batch-norm has no meaning for --weight-average none.",
  );
});

Deno.test("resolveRecipe() realigns memory examples that attacks start from, and has ten first steps", () => {
  const flags: RecipeFlags = { variant: "v2", attackStart: "memory", attackSteps: 3 };
  const { attack, memory } = resolveRecipe(recipeInput({ ...flags, memoryReset: 5 }));
  assert.deepEqual([attack?.steps, attack?.firstSteps], [3, 10]);
  assert.deepEqual([memory?.view, memory?.reset], ["realigned", 5]);
  refuses(
    { ...flags, memoryView: "stored" },
    "--memory-view stored leaves memory examples under other crops than the images that --attack-start memory attacks: " +
      "use --memory-view realigned, or leave it out.",
  );
  refuses(
    { ...flags, memoryReset: 2, memoryAge: 2 },
    "--memory-reset 2 must be more than --memory-age 2: no example would ever be a start.",
  );
});

Deno.test("resolveRecipe() gives attacks that begin afresh no fewer steps than those that go on, unless it is told to", () => {
  const firstSteps = (steps: number, given: RecipeInput = {}) =>
    resolveRecipe({ ...given, attack: { start: "memory", steps, ...given.attack } }).attack!
      .firstSteps;
  assert.deepEqual([9, 10, 20].map((steps) => firstSteps(steps)), [10, 10, 20]);
  assert.deepEqual([1, 3].map((steps) => firstSteps(steps, { variant: "fgsm-pgi" })), [1, 3]);
  assert.equal(firstSteps(20, { attack: { firstSteps: 10 } }), 10);
});

Deno.test("resolveRecipe() refuses to start from a memory that there is not, and what belongs to one", () => {
  const needed =
    "--attack-start memory needs memory examples, and --variant trades keeps none: use ";
  assert.throws(
    () => resolveRecipe(recipeInput({ variant: "trades", attackStart: "memory" })),
    ({ name, message }: Error) => name === "UsageError" && message.startsWith(needed),
  );
  for (const flags of [{ firstSteps: 5 }, { memoryReset: 5 }]) {
    const flag = "firstSteps" in flags ? "--first-steps" : "--memory-reset";
    refuses({ variant: "v1", ...flags }, `${flag} has no meaning for --attack-start noise.`);
    refuses(
      { variant: "standard", ...flags },
      `${flag} has no meaning for --variant standard.`,
    );
  }
});

Deno.test("resolveRecipe() selects nothing where training does not attack, unless it is told to", () => {
  const selects = VARIANTS.filter((variant) => resolveRecipe({ variant }).select !== "val");
  assert.deepEqual(selects, ["standard"]);
  assert.equal(resolveRecipe({ variant: "standard" }).select, "none");
  assert.equal(resolveRecipe({ variant: "standard", select: "val", earlyStop: 2 }).earlyStop, 2);
  refuses(
    { variant: "standard", earlyStop: 2 },
    "--early-stop has no meaning for --select none.",
  );
});

Deno.test("resolveRecipe() stops early by the held-out images alone", () => {
  assert.equal(resolveRecipe({ earlyStop: 3 }).earlyStop, 3);
  refuses({ earlyStop: 3, select: "test" }, "--early-stop has no meaning for --select test.");
  refuses({ earlyStop: 1.5 }, "--early-stop must be a whole number of at least 0, not 1.5.");
});

Deno.test("resolveRecipe() averages weights as it is asked to, and refuses what no average has", () => {
  const average = (flags: RecipeFlags) => {
    const { average, emaDecay, swaStart } = resolveRecipe(recipeInput(flags)).optimiser;
    return [average, emaDecay, swaStart];
  };
  assert.deepEqual(average({ weightAverage: "ema" }), ["ema", 0.999, undefined]);
  assert.deepEqual(average({ weightAverage: "swa", epochs: 8 }), ["swa", undefined, 7]);
  assert.deepEqual(average({ weightAverage: "swa", epochs: 1 }), ["swa", undefined, 1]);
  refuses({ emaDecay: 0.9 }, "--ema-decay has no meaning for --weight-average none.");
  refuses(
    { weightAverage: "ema", emaDecay: 1 },
    "--ema-decay must be below 1, not 1: 1 would never learn.",
  );
  refuses(
    { weightAverage: "swa", swaStart: 9, epochs: 8 },
    "--swa-start 9 is after the last of 8 --epochs: take an epoch that there is.",
  );
});

Deno.test("resolveRecipe() perturbs the weights where it is asked, from the first epoch unless told otherwise", () => {
  const { optimiser } = resolveRecipe({ optimiser: { awp: 0.005 } });
  assert.deepEqual([optimiser.awp, optimiser.awpWarmup], [0.005, 0]);
  refuses({ awpWarmup: 3 }, "--awp-warmup has no meaning for a run without --awp.");
  refuses(
    { awp: 0.01, awpWarmup: 8, epochs: 8 },
    "--awp-warmup 8 leaves none of 8 --epochs to --awp: take fewer.",
  );
  refuses({ awp: 1.5 }, "--awp must be a number from 0 to 1, not 1.5.");
});

Deno.test("resolveRecipe() realigns memory examples where images are blanked, and refuses to do otherwise", () => {
  assert.ok(!("cutout" in resolveRecipe({})));
  const { cutout, memory } = resolveRecipe({ variant: "v1", cutout: 8 });
  assert.deepEqual([cutout, memory!.view], [8, "realigned"]);
  assert.equal(resolveRecipe({ variant: "trades", cutout: 8 }).memory, undefined);
  refuses(
    { variant: "v1", cutout: 8, memoryView: "stored" },
    "--memory-view stored would need to know where --cutout blanked an example, and the memory does not keep it: " +
      "use --memory-view realigned, or leave it out.",
  );
  refuses({ cutout: 0.5 }, "--cutout must be a whole number of at least 0, not 0.5.");
});

Deno.test("resolveRecipe() cuts no batch into parts unless it is asked to", () => {
  assert.ok(!("microBatch" in resolveRecipe({})));
  assert.equal(resolveRecipe({ microBatch: 32 }).microBatch, 32);
  refuses({ microBatch: 0 }, "--micro-batch must be a whole number of at least 1, not 0.");
});

Deno.test("resolveRecipe() refuses smooth labels without a label, and a gradient of less than no length", () => {
  refuses({ labelSmoothing: 1 }, "--label-smoothing must be below 1, not 1: 1 leaves no label.");
  refuses({ clipGradNorm: -1 }, "--clip-grad-norm must be a number of at least 0, not -1.");
});

Deno.test("resolveRecipe() is without what is asked for as 0, as if it had not been asked for", () => {
  const none: RecipeFlags = {
    ...{ awp: 0, labelSmoothing: 0, cutout: 0, clipGradNorm: 0, earlyStop: 0, memoryEma: 0 },
  };
  for (const flags of [{}, { variant: "trades", select: "none" }] as RecipeFlags[]) {
    const recipe = resolveRecipe(recipeInput({ ...flags, ...none }));
    assert.deepEqual(recipe, resolveRecipe(recipeInput(flags)));
  }
});
