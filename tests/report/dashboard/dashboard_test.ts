import assert from "node:assert/strict";
import { join } from "@std/path";
import configuration from "../../../deno.json" with { type: "json" };
import { Dashboard } from "../../../src/report/dashboard/dashboard.ts";
import { DEFAULT_PORT, TRIED_PORTS } from "../../../src/report/dashboard/ports.ts";
import type { EpochMetrics, StepMetrics } from "../../../src/run/metrics.ts";
import { readMetrics } from "../../../src/run/run_log.ts";
import { browserTest, closeBrowser, withPage } from "../../testing/browser/browser.ts";
import { makeRun } from "../page/made_run.ts";

const STEPS = 20;

let directory: string;
/** A run that has just begun, and the lines that its trainer will tell. */
let run: string;
let lines: readonly (StepMetrics | EpochMetrics)[];

Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
  run = join(directory, "run");
  const recipe = { variant: "v1", width: 16, epochs: 3 } as const;
  await makeRun(run, { recipe, stepsPerEpoch: STEPS, epochs: 0 });
  const whole = join(directory, "whole");
  await makeRun(whole, { recipe, stepsPerEpoch: STEPS });
  lines = (await readMetrics(whole)).filter((line) => line.kind !== "damage");
});
Deno.test.afterAll(async () => {
  await closeBrowser();
  await Deno.remove(directory, { recursive: true });
});

/** Tells `dashboard` what a trainer would. */
function tell(dashboard: Dashboard, told: readonly (StepMetrics | EpochMetrics)[]): void {
  for (const line of told) {
    if (line.kind === "step") dashboard.step(line, STEPS, `epoch ${line.epoch}, ${line.step}`);
    else dashboard.epoch(line);
  }
}

/** Answers of the server to a request as nobody's browser would make it. */
async function ask(url: string, host: string, method = "GET", path = "/"): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const request = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  return await new Response(socket.readable).text();
}

Deno.test("Dashboard.open() takes the next port that is free", async () => {
  await using first = Dashboard.open(0);
  const port = Number(new URL(first.url).port);
  await using second = Dashboard.open(port);
  const next = Number(new URL(second.url).port);
  assert.ok(next > port && next < port + 10, `${next}`);
});

Deno.test("Dashboard.open() says that all ports are taken, and tries none that is none", () => {
  const port = 65_530;
  const taken: Deno.Listener[] = [];
  try {
    for (let each = port; each <= 65_535; each++) {
      try {
        taken.push(Deno.listen({ hostname: "127.0.0.1", port: each }));
      } catch (error) {
        assert.ok(error instanceof Deno.errors.AddrInUse); // by somebody else
      }
    }
    assert.throws(() => Dashboard.open(port), {
      name: "UsageError",
      message: "--dashboard 65530: this port and those after it are taken: name another.",
    });
  } finally {
    for (const listener of taken) listener.close();
  }
});

Deno.test({
  name: "Dashboard.open() says which permission it needs",
  permissions: { net: false, read: true },
  fn() {
    assert.throws(
      () => Dashboard.open(0),
      /^UsageError: --dashboard 0 is no port that this program may listen on: choose one from 7007 to 7016\.$/,
    );
  },
});

Deno.test("the tasks that train may listen on the dashboards' ports and no other", () => {
  const { permissions } = configuration;
  const ports = Array.from({ length: TRIED_PORTS }, (_, i) => `127.0.0.1:${DEFAULT_PORT + i}`);
  const local = (net: readonly string[]) => net.filter((host) => host.startsWith("127."));
  assert.deepEqual(local(permissions.train.net), ports);
  assert.deepEqual(local(permissions.memloss.net), ports);
});

Deno.test("a dashboard answers this machine's browsers alone, and only reading", async () => {
  await using dashboard = Dashboard.open(0);
  dashboard.begin(run);
  const { url } = dashboard, { host, port } = new URL(url);
  const status = async (...request: Parameters<typeof ask>) =>
    (await ask(...request)).split(" ", 2)[1];
  assert.equal(await status(url, host), "200");
  assert.equal(await status(url, `localhost:${port}`), "200");
  assert.equal(await status(url, "evil.example"), "403");
  assert.equal(await status(url, `evil.example:${port}`), "403");
  assert.equal(await status(url, "127.0.0.1"), "403");
  assert.equal(await status(url, "evil.example", "GET", "/events"), "403");
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    assert.equal(await status(url, host, method), "405", method);
  }
  assert.equal(await status(url, host, "GET", "/recipe.json"), "404");
  assert.equal(await status(url, host, "GET", "/..%2f..%2fetc/passwd"), "404");
});

Deno.test("a dashboard is gone when it is closed, also for those who wait for a run that never began", async () => {
  const dashboard = Dashboard.open(0);
  const waiting = fetch(dashboard.url);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await dashboard[Symbol.asyncDispose]();
  const { status, body } = await waiting;
  await body?.cancel();
  assert.equal(status, 503);
  await assert.rejects(fetch(dashboard.url));
});

Deno.test("events go on where a page stands, and end with the run", async () => {
  const dashboard = Dashboard.open(0);
  dashboard.begin(run);
  tell(dashboard, lines.slice(0, 3));
  const events = (after: number) => fetch(`${dashboard.url}events?after=${after}`);
  const pages = [await events(1), await events(3)];
  tell(dashboard, lines.slice(3, 5));
  await dashboard[Symbol.asyncDispose]();
  const [late, current] = await Promise.all(pages.map((page) => page.text()));
  const names = (text: string) => [...text.matchAll(/^event: (.+)$/gm)].map(([, name]) => name);
  // The first step after a page shows plots to everybody that those who came before may lack.
  assert.deepEqual(names(late!), ["page", "page", "step", "step", "page", "end"]);
  assert.deepEqual(names(current!), ["page", "step", "step", "page", "end"]);
  const [step] = [...current!.matchAll(/^event: step\ndata: (.+)$/gm)];
  const { x, values, status } = JSON.parse(step![1]!);
  assert.equal(x, 4 / STEPS);
  assert.equal(values.loss, lines[3]!.loss);
  assert.equal(status, "epoch 1, 4");
});

for (const scheme of ["light", "dark"] as const) {
  for (const width of [1280, 390]) {
    browserTest(
      `the dashboard grows in a browser of ${width} pixels, ${scheme}`,
      async (browser) => {
        const dashboard = Dashboard.open(0);
        dashboard.begin(run);
        const { url } = dashboard,
          allowed = new RegExp(`^${RegExp.escape(url)}events\\?after=\\d+$`);
        await withPage(browser, url, { width, scheme, allowed }, async (page) => {
          const says = (text: string) =>
            document.querySelector("[data-live]")!.textContent === text;
          await page.until(says, "live");
          assert.equal(await page.evaluate(() => document.querySelectorAll("canvas").length), 0);
          tell(dashboard, lines.slice(0, 10));
          await page.until(says, "epoch 1, 10");
          await page.until(() => document.querySelectorAll("[data-plot] canvas").length === 6);
          const loss = () => document.querySelector("#plot-loss [data-reading]")!.textContent;
          await page.until(
            (value) => document.querySelector("#plot-loss [data-reading]")!.textContent === value,
            String(Number(lines[9]!.loss.toPrecision(4))),
          );

          // What a reader has done stays when an epoch brings the page anew.
          await page.evaluate(() => {
            document.querySelector<HTMLElement>("[data-theme]")!.click();
            document.getElementById("chart-loss")!.focus();
            document.getElementById("table-evaluations")?.setAttribute("open", "");
          });
          tell(dashboard, lines.slice(10, 2 * STEPS + 2));
          await page.until(() => document.querySelector("#plot-robust canvas") !== null);
          await page.until(() => document.querySelector("#plot-term-memory canvas") !== null);
          assert.notEqual(await page.evaluate(loss), String(lines[9]!.loss));
          const kept = await page.evaluate(() => ({
            focus: document.activeElement?.id,
            scheme: document.documentElement.style.colorScheme,
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            state: document.querySelector(".state")!.textContent,
          }));
          assert.deepEqual(kept, {
            focus: "chart-loss",
            scheme: scheme === "dark" ? "light" : "dark",
            overflow: 0,
            state: kept.state,
          });
          assert.match(kept.state, /^training, epoch 2 of 3/);
          await page.keepScreenshot(`dashboard-${width}-${kept.scheme}`);

          tell(dashboard, lines.slice(2 * STEPS + 2));
          await dashboard[Symbol.asyncDispose]();
          await page.until(says, "training has ended");
          assert.match(
            await page.evaluate(() => document.querySelector(".state")!.textContent),
            /^3 epochs, finished/,
          );
        });
      },
    );
  }
}
