import assert from "node:assert/strict";
import {
  type Coefficients,
  memoryWeights,
  type Method,
  needsHelper,
  passesOf,
  termsOf,
  weighedTerm,
} from "../../src/method/method.ts";
import {
  MEMORY_VARIANTS,
  methodOf,
  METHODS,
  tableTerms,
  VARIANTS,
} from "../../src/method/methods.ts";
import { COMPOSED, insteadOf, withMemory } from "../../src/method/composed.ts";
import { SINGLE } from "../testing/objectives.ts";

const README = new URL("../../README.md", import.meta.url);

/** The cells of the README's table whose first column is called `name`. */
async function tableOf(name: string): Promise<string[][]> {
  const lines = (await Deno.readTextFile(README)).split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${name} `));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start, end).map((line) => line.split("|").slice(1, -1).map((c) => c.trim()));
}

/** What training `method` cannot do without. */
function helperFlag(method: Method): string {
  return needsHelper(method) ? " --helper auto" : "";
}

Deno.test("METHODS are the README's table of objectives", async () => {
  const [header, , ...rows] = await tableOf("objective");
  assert.deepEqual(header, ["objective", "loss", "β", "β'", "γ", "from", "`deno task`"]);
  const single = METHODS.filter(({ name }) => SINGLE.includes(name)).map((method: Method) => {
    const { name, formula, coefficients: { beta, betaPrime, gamma }, paper } = method;
    return [
      `\`${name}\``,
      `\`${formula}\``,
      `${beta ?? ""}`,
      `${betaPrime ?? ""}`,
      `${gamma ?? ""}`,
      paper,
      `\`train:${name}${helperFlag(method)}\``,
    ];
  });
  const composed = [...Map.groupBy(COMPOSED, ({ name }) => name.split("+")[0]!)].map(
    ([base, methods]) => {
      const [method] = methods, { beta, gamma }: Coefficients = method!.coefficients;
      assert.ok(methods.every(({ coefficients }: Method) => coefficients.beta === beta));
      return [
        `\`${base}+vN\``,
        `that of \`${base}\` + the last term of \`vN\``,
        `${beta ?? ""}`,
        methods.map(({ coefficients }) => coefficients.betaPrime).join(", "),
        `${gamma ?? ""}`,
        "both",
        `\`memloss train --variant ${base}+v1${helperFlag(method!)}\``,
      ];
    },
  );
  assert.deepEqual(rows, [...single, ...composed]);
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  for (const name of SINGLE) {
    assert.match(tasks[`train:${name}`].command, new RegExp(` --variant ${name}$`));
  }
});

for (const method of METHODS as readonly Method[]) {
  Deno.test(`METHODS has a ${method.name} whose parts fit together`, () => {
    const weights = memoryWeights(method);
    for (const weight of weights.length > 0 ? weights : [undefined]) {
      const terms = termsOf(method, weight);
      const used = terms.flatMap(({ coefficient = [] }) => coefficient).sort();
      assert.deepEqual(
        used,
        Object.keys(method.coefficients).sort(),
        "a value for each coefficient",
      );
      assert.equal(new Set(terms.map(({ name }) => name)).size, terms.length, "names of their own");
      assert.ok(terms.every(({ name }) => /^[a-z][a-z-]*$/.test(name) && name !== "loss"));
    }
    const passes = passesOf(method);
    assert.equal(passes.includes("adv"), method.attack !== undefined);
    assert.equal(passes.includes("mem"), method.memory !== undefined);
    assert.equal(MEMORY_VARIANTS.some((name) => name === method.name), method.memory !== undefined);
    assert.ok(
      method.terms.every(({ passes }) => !passes.includes("mem")),
      "the first epoch's terms",
    );
    assert.match(method.summary, /^[^.]{4,80}$/);
  });
}

Deno.test("withMemory() adds a memory term with its coefficient to a method, and its weights are logged", () => {
  const composed = methodOf("mart+v1"), mart = methodOf("mart"), v1 = methodOf("v1");
  assert.deepEqual(termsOf(composed), [...mart.terms, termsOf(v1).at(-1)]);
  assert.deepEqual(composed.coefficients, { beta: 6, betaPrime: 2 });
  assert.deepEqual(passesOf(composed), ["nat", "adv", "mem"]);
  assert.equal(
    composed.formula,
    "BCE(f(x'),y) + β·mean[KL(p(x)‖p(x'))·(1.0000001 − p_y(x))] + " +
      "β'·mean[(1.0000001 − p_y(x''))·KL(p(x)‖p(x''))]",
  );
  assert.equal(weighedTerm(termsOf(composed))!.name, "memory");
  assert.equal(weighedTerm(mart.terms)!.name, "kl");
  assert.deepEqual(memoryWeights(methodOf("mart+v3")), ["uniform", "misclassified"]);
  assert.throws(() => withMemory(mart, mart), { message: "mart has no memory term." });
  assert.equal(
    methodOf("n-fgsm+v2").formula,
    "CE(f(x'),y) + β'·KL(p(x)‖p(x'')), x' = x + η + ε·sign ∇CE, η uniform in ±2ε",
  );
  assert.deepEqual(methodOf("n-fgsm+v2").attack, methodOf("n-fgsm").attack);
});

Deno.test("COMPOSED has every base with every memory term, which leave clean images out where neither looks at them", () => {
  const bases = ["mart", "hat", "pgd-at", "n-fgsm"], memories = ["v1", "v2", "v3"];
  assert.deepEqual(
    COMPOSED.map(({ name }) => name),
    bases.flatMap((base) => memories.map((of) => `${base}+${of}`)),
  );
  assert.deepEqual(passesOf(methodOf("pgd-at+v1")), ["nat", "adv", "mem"]);
  assert.deepEqual(passesOf(methodOf("pgd-at+v1"), (pass) => pass !== "mem"), ["adv"]);
  assert.deepEqual(passesOf(methodOf("pgd-at+v3")), ["adv", "mem"]);
});

Deno.test("insteadOf() says what a base that takes no memory term is called with one, and nothing of other names", () => {
  assert.equal(
    insteadOf("trades+v3"),
    "v3, which is trades with that memory term (--beta 6 for the β of trades)",
  );
  assert.equal(
    insteadOf("standard+v2"),
    "a variant that attacks, such as pgd-at+v2, because standard has nothing to remember",
  );
  for (const base of ["fgsm-pgi", "v2"]) {
    const message = `${base} or v1, because ${base} has a memory term of its own`;
    assert.equal(insteadOf(`${base}+v1`), message);
  }
  for (const name of ["trades", "v1+trades", "trades+v4", "trades+v1+v2", "resnet+v1", ""]) {
    assert.equal(insteadOf(name), undefined, name);
  }
});

Deno.test("methodOf() finds every method by its name", () => {
  assert.deepEqual(VARIANTS.map((name) => methodOf(name)), [...METHODS]);
});

Deno.test("termsOf() and passesOf() say what the paper's methods are made of", () => {
  const described = VARIANTS.slice(0, 3).map((name) => {
    const method = methodOf(name);
    return [
      passesOf(method).join(" "),
      ...termsOf(method).map(({ name, passes }) => `${name} of ${passes.join(", ")}`),
      memoryWeights(method).join(" "),
    ];
  });
  const passes = "nat adv mem", first = ["ce of nat", "kl of nat, adv"];
  assert.deepEqual(described, [
    [passes, ...first, "memory of nat, mem", "complement"],
    [passes, ...first, "memory of nat, mem", "uniform"],
    [passes, ...first, "memory of adv, mem", "uniform misclassified"],
  ]);
});

Deno.test("tableTerms() has MemLoss's terms first, and then what a method has besides", () => {
  for (const method of METHODS as readonly Method[]) {
    const columns = tableTerms(method);
    assert.deepEqual(columns.slice(0, 3), ["ce", "kl", "memory"]);
    assert.deepEqual(
      new Set(columns),
      new Set(["ce", "kl", "memory", ...termsOf(method).map(({ name }) => name)]),
    );
  }
  const [term] = methodOf("standard").terms;
  const other: Method = { ...methodOf("standard"), terms: [{ ...term!, name: "other" }] };
  assert.deepEqual(tableTerms(other), ["ce", "kl", "memory", "other"]);
});
