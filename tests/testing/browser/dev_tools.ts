/**
 * The DevTools protocol: commands to a browser, and its events.
 *
 * @module
 */
import assert from "node:assert/strict";

/** What a browser tells of a tab. */
export interface Event {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A browser that was started, and the connection to it. */
export class DevTools {
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  readonly #listeners: { readonly session: string; readonly tell: (event: Event) => void }[] = [];
  #sent = 0;

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Starts the browser at `path` with a profile of its own, without a window. */
  static async start(path: string): Promise<DevTools> {
    const profile = await Deno.makeTempDir();
    // Containers have no sandbox of Chromium's; nothing but our own pages is opened.
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    const process = new Deno.Command(path, {
      args: [...flags, "--remote-debugging-port=0", `--user-data-dir=${profile}`],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = new WebSocket(await readAddress(process.stderr));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new DevTools(process, profile, socket);
  }

  /** Sends a command, to the tab `sessionId` if that is given; what it answers. */
  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#sent, answer = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, ...sessionId && { sessionId } }));
    return answer.promise;
  }

  /** Tells `tell` every event of the tab `session`. */
  listen(session: string, tell: (event: Event) => void): void {
    this.#listeners.push({ session, tell });
  }

  async close(): Promise<void> {
    this.#socket.close();
    this.#process.kill("SIGKILL");
    await this.#process.status;
    // Children of the browser may write to it a moment longer.
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }

  // deno-lint-ignore no-explicit-any
  #receive({ id, sessionId, method, params, result, error }: any): void {
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) answer?.reject(new Error(JSON.stringify(error)));
    else answer?.resolve(result);
    for (const { session, tell } of this.#listeners) {
      if (session === sessionId && method) tell({ method, params });
    }
  }
}

/** The address on which a browser listens, as it says on its stderr. */
async function readAddress(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.pipeThrough(
    new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
  ).getReader();
  let said = "";
  for (;;) {
    const { done, value } = await reader.read();
    said += value ?? "";
    const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
    if (address !== undefined) {
      // Whatever else it says goes nowhere.
      void (async () => {
        while (!(await reader.read()).done);
      })();
      return address;
    }
    assert.ok(!done, `the browser ended: ${said}`);
  }
}
