/** A web server on 127.0.0.1 that follows a script: one answer per request, the last one repeated. */

export type Answer = (request: Request) => Response;

/** `body`, and then the end: under a larger Content-Length the server resets the connection there. */
function stream(body: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      if (body.length > 0) controller.enqueue(body);
      // Gives the bytes time to leave first.
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.close();
    },
  });
}

/** 200 with the whole of `bytes`, whatever the request says; `dropAfter`: the connection drops there. */
export function whole(bytes: Uint8Array, dropAfter = bytes.length): Answer {
  return () =>
    new Response(stream(bytes.subarray(0, dropAfter)), {
      headers: { "content-length": String(bytes.length) },
    });
}

/** Honours `Range`; `dropAfter` counts from the start of what is sent. */
export function ranged(bytes: Uint8Array, dropAfter = Infinity): Answer {
  return (request) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "");
    if (range === null) return whole(bytes, Math.min(dropAfter, bytes.length))(request);
    const start = Number(range[1]);
    if (start >= bytes.length) {
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${bytes.length}` },
      });
    }
    const rest = bytes.subarray(start);
    return new Response(stream(rest.subarray(0, dropAfter)), {
      status: 206,
      headers: {
        "content-length": String(rest.length),
        "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      },
    });
  };
}

/** 200 without a Content-Length: where it ends cannot be known beforehand. */
export function unannounced(bytes: Uint8Array): Answer {
  return () => new Response(stream(bytes));
}

/** Only a status, with headers. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return () => new Response(code === 206 ? "x" : null, { status: code, headers });
}

/** Sends `bytes` and then stays silent until the client gives up. */
export function silentAfter(bytes: Uint8Array, length: number): Answer {
  return () =>
    new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(bytes) }),
      { headers: { "content-length": String(length) } },
    );
}

/** Sends the rest of `bytes` from where it was asked to, `step` bytes every `interval` milliseconds. */
export function dripping(bytes: Uint8Array, step: number, interval: number): Answer {
  return (request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    let at = start;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, interval));
        controller.enqueue(bytes.subarray(at, at += step));
        if (at >= bytes.length) controller.close();
      },
    });
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    const headers = { "content-length": String(bytes.length - start), "content-range": range };
    return new Response(body, { status: 206, headers });
  };
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The `Range` of every request so far, or null. */
  readonly ranges: (string | null)[];
  /** Replaces the rest of the script. */
  answer(...script: Answer[]): void;
}

export async function withServer(script: Answer[], body: (server: Served) => Promise<void>) {
  const ranges: (string | null)[] = [];
  let rest = [...script];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    ranges.push(request.headers.get("range"));
    const answer = rest.length > 1 ? rest.shift()! : rest[0]!;
    return answer(request);
  });
  try {
    await body({
      url: `http://127.0.0.1:${server.addr.port}`,
      ranges,
      answer(...script) {
        rest = script;
      },
    });
  } finally {
    await server.shutdown();
  }
}
