/**
 * A page about a run in training, served to this machine alone, for as long as it trains. It can be read and nothing
 * else.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import type { EpochMetrics, StepMetrics } from "../../run/metrics.ts";
import { renderLiveContent, renderLivePage } from "../page/page.ts";
import { stepPoint } from "../page/plots.ts";
import { readRun, type RunData } from "../page/run_data.ts";
import { continued, type Line } from "./live_run.ts";
import { DEFAULT_PORT, TRIED_PORTS } from "./ports.ts";
import { encodeEvent, Subscribers } from "./subscribers.ts";

/** The only address that is listened on. */
const HOSTNAME = "127.0.0.1";
/** Milliseconds for which browsers may take what is still on its way. */
const GRACE = 500;

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** A dashboard that is open; `await using` closes it. */
export class Dashboard implements AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stop = new AbortController();
  readonly #subscribers = new Subscribers();
  /** What was on the disk when the run began. */
  readonly #before = Promise.withResolvers<RunData>();
  #run: RunData | undefined;
  /** What the trainer has told since: their number is that of the last event. */
  readonly #lines: Line[] = [];
  #stepsPerEpoch: number | undefined;
  #ended = false;
  /** Plots that every open page has. */
  #plots: ReadonlySet<string> = new Set();

  private constructor(port: number) {
    this.#server = listen(port, this.#stop.signal, (request) => this.#answer(request));
    this.url = `http://${HOSTNAME}:${this.#server.addr.port}/`;
    this.#before.promise.then((run) => this.#run = run, () => {}); // nobody may be waiting
  }

  /**
   * Listens on `port`, or the next one that is free.
   *
   * @throws {UsageError} if none is, or listening is not permitted
   */
  static open(port: number): Dashboard {
    return new Dashboard(port);
  }

  /** The run in `directory` is about to take its next step. */
  begin(directory: string): void {
    readRun(directory).then(this.#before.resolve, this.#before.reject);
  }

  /** A step of `stepsPerEpoch` was made; `status` says how far the run is. */
  step(line: StepMetrics, stepsPerEpoch: number, status: string): void {
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#lines.push(line);
    if (this.#subscribers.count === 0) return;
    const point = stepPoint(line, stepsPerEpoch);
    if (Object.keys(point.values).some((id) => !this.#plots.has(id))) this.#sendPage();
    this.#send("step", { ...point, status });
  }

  /** An epoch was made. */
  epoch(line: EpochMetrics): void {
    this.#lines.push(line);
    this.#sendPage();
  }

  /** Ends all connections, and listens no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#sendPage();
    this.#send("end", "");
    this.#before.reject(new Error("The run has ended."));
    this.#subscribers.close();
    const grace = setTimeout(() => this.#stop.abort(), GRACE);
    await this.#server.shutdown();
    clearTimeout(grace);
  }

  #send(name: string, data: unknown): void {
    this.#subscribers.send(encodeEvent(this.#lines.length, name, data));
  }

  /** Sends everybody the page as it is now; nothing is made where there is nobody. */
  #sendPage(): void {
    if (this.#subscribers.count === 0) return;
    const content = renderLiveContent(this.#now(this.#run!), this.#lines.length);
    this.#plots = new Set(content.json.plots.map(({ id }) => id));
    this.#send("page", content);
  }

  #now(run: RunData): RunData {
    const stepsPerEpoch = this.#stepsPerEpoch;
    return {
      ...continued(run, this.#lines),
      training: !this.#ended,
      ...stepsPerEpoch !== undefined && { stepsPerEpoch },
    };
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const { port } = this.#server.addr;
    // A name that somebody else lets lead here is none of ours.
    if (![`${HOSTNAME}:${port}`, `localhost:${port}`].includes(request.headers.get("host") ?? "")) {
      return refusal(403, "This page is for this machine alone.");
    }
    if (request.method !== "GET") return refusal(405, "This page can only be read.");
    if (pathname !== "/" && pathname !== "/events") return refusal(404, "There is no such page.");
    let before: RunData;
    try {
      before = await this.#before.promise; // until the run begins
    } catch {
      return refusal(503, "There is no run.");
    }
    const position = this.#lines.length;
    if (pathname === "/") {
      return answer(renderLivePage(this.#now(before), position), "text/html; charset=utf-8");
    }
    const after = request.headers.get("last-event-id") ?? searchParams.get("after");
    const first = Number(after) === position
      ? "retry: 2000\n\n"
      : encodeEvent(position, "page", renderLiveContent(this.#now(before), position));
    return answer(this.#subscribers.add(first), "text/event-stream");
  }
}

function answer(body: BodyInit, type: string): Response {
  return new Response(body, { headers: { ...HEADERS, "content-type": type } });
}

function listen(
  port: number,
  signal: AbortSignal,
  answer: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  for (let tried = port; tried < port + TRIED_PORTS && tried <= 65_535; tried++) {
    try {
      return Deno.serve({ hostname: HOSTNAME, port: tried, signal, onListen: () => {} }, answer);
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) continue;
      if (error instanceof Deno.errors.NotCapable && tried > port) break; // the rest is not ours to try
      const cause = { cause: error };
      if (!(error instanceof Deno.errors.NotCapable)) {
        const why = (error as Error).message;
        throw new UsageError(
          `--dashboard ${port} cannot be listened on (${why}): name another port.`,
          cause,
        );
      }
      throw new UsageError(
        `--dashboard ${port} is no port that this program may listen on: choose one from ${DEFAULT_PORT} to ` +
          `${DEFAULT_PORT + TRIED_PORTS - 1}.`,
        cause,
      );
    }
  }
  throw new UsageError(
    `--dashboard ${port}: this port and those after it are taken: name another.`,
  );
}

function refusal(status: number, text: string): Response {
  const headers = { ...HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}
