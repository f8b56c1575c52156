/**
 * A real browser: headless Chromium as Debian packages it, over its DevTools protocol.
 *
 * Where it is not installed the tests are skipped, but in CI they fail.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { DevTools, type Event } from "./dev_tools.ts";

const CHROMIUM = "/usr/bin/chromium";

/** How a page is looked at. */
export interface Look {
  /** Of the window, in pixels. */
  readonly width: number;
  readonly scheme: "light" | "dark";
  /** Addresses that the page may ask, beside its own; none unless given. */
  readonly allowed?: RegExp;
}

/** Defines a test with a browser, which is started for the first one and closed by {@linkcode closeBrowser}. */
export function browserTest(name: string, test: (browser: DevTools) => Promise<void>): void {
  const there = isThere(CHROMIUM);
  Deno.test({
    name,
    ignore: !there && Deno.env.get("CI") === undefined,
    async fn() {
      assert.ok(there, `there is no ${CHROMIUM}: apt-get install chromium fonts-dejavu-core`);
      await test(open ??= await DevTools.start(CHROMIUM));
    },
    // It lives until the last test.
    sanitizeOps: false,
    sanitizeResources: false,
  });
}

let open: DevTools | undefined;

/** Closes the browser, if one was started. */
export async function closeBrowser(): Promise<void> {
  await open?.close();
  open = undefined;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Calls `use` with the page at `url`; fails if it says or throws an error, or asks for anything but itself. */
export async function withPage<T>(
  browser: DevTools,
  url: string,
  { width, scheme, allowed }: Look,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const page = new Page(browser, sessionId as string), faults: string[] = [];
  const loaded = page.next("Page.loadEventFired");
  browser.listen(sessionId as string, (event) => {
    const fault = faultOf(event, (asked) => asked === url || allowed?.test(asked) === true);
    if (fault !== undefined) faults.push(fault);
  });
  try {
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.send(`${domain}.enable`);
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 };
    await page.send("Emulation.setDeviceMetricsOverride", size);
    await page.send("Emulation.setTouchEmulationEnabled", { enabled: width < 600 });
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await page.send("Emulation.setEmulatedMedia", { features });
    await page.send("Page.navigate", { url });
    await loaded;
    const result = await use(page);
    assert.deepEqual(faults, []);
    return result;
  } finally {
    await browser.send("Target.closeTarget", { targetId });
  }
}

/** What is wrong with what an event tells, if anything. */
function faultOf({ method, params }: Event, mayAsk: (url: string) => boolean): string | undefined {
  const text = JSON.stringify(params);
  switch (method) {
    case "Runtime.consoleAPICalled":
      return ["error", "warning", "assert"].includes(params.type as string) ? text : undefined;
    case "Runtime.exceptionThrown":
      return text;
    case "Log.entryAdded":
      return text; // what the browser itself has to say, a violated policy perhaps
    case "Network.requestWillBeSent": {
      const { url } = params.request as { url: string };
      return url.startsWith("data:") || mayAsk(url) ? undefined : `asks for ${url}`;
    }
  }
  return undefined;
}

/** A tab. */
export class Page {
  readonly #browser: DevTools;
  readonly #session: string;

  constructor(browser: DevTools, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#browser.send(method, params, this.#session);
  }

  /** Resolves when the event `method` comes. */
  next(method: string): Promise<void> {
    return new Promise((resolve) =>
      this.#browser.listen(this.#session, (event) => event.method === method && resolve())
    );
  }

  /** What `work` returns in the page, which knows nothing from outside of it. */
  async evaluate<A extends readonly unknown[], T>(
    work: (...args: A) => T,
    ...args: A
  ): Promise<Awaited<T>> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression: `(${work})(...${JSON.stringify(args)})`,
      awaitPromise: true,
      returnByValue: true,
    });
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return (result as { value: Awaited<T> }).value;
  }

  /** Waits until `condition` holds in the page, five seconds at most. */
  async until<A extends readonly unknown[]>(
    condition: (...args: A) => boolean,
    ...args: A
  ): Promise<void> {
    for (let attempt = 0; !await this.evaluate(condition, ...args); attempt++) {
      assert.ok(attempt < 200, `never came to hold: ${condition}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Presses a key, such as `Tab` or `ArrowLeft`. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    const code = key === "Tab" ? { windowsVirtualKeyCode: 9 } : {};
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...text, ...code });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, ...code });
  }

  /** Moves, presses or releases the pointer at a place in the window. */
  async mouse(
    type: "Moved" | "Pressed" | "Released",
    x: number,
    y: number,
    clickCount = 1,
  ): Promise<void> {
    const button = type === "Moved" ? {} : { button: "left", clickCount };
    const buttons = type === "Released" ? 0 : 1;
    await this.send("Input.dispatchMouseEvent", { type: `mouse${type}`, x, y, buttons, ...button });
  }

  /** Keeps a picture of the whole page, where `MEMLOSS_SCREENSHOTS` names a folder for people to look into. */
  async keepScreenshot(name: string): Promise<void> {
    const folder = Deno.env.get("MEMLOSS_SCREENSHOTS");
    if (folder === undefined) return;
    const { cssContentSize } = await this.send("Page.getLayoutMetrics");
    const { data } = await this.send("Page.captureScreenshot", {
      captureBeyondViewport: true,
      clip: { ...cssContentSize as object, scale: 1 },
    });
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(join(folder, `${name}.png`), Uint8Array.fromBase64(data as string));
  }
}
