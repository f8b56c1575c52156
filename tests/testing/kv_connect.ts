/**
 * A KV Connect service for tests: keys and values in this process's memory, spoken to as the protocol says
 * (github.com/denoland/denokv, proto/kv-connect.md and schema/datapath.proto).
 *
 * @module
 */

/** A running service. */
export interface KvService extends AsyncDisposable {
  readonly url: string;
  /** Bytes of every value by its key in hexadecimal; to be damaged. */
  readonly values: Map<string, Entry>;
  /** From now on requests are not answered (`silent`), refused (`refuse`) or served. */
  mode: "serve" | "refuse" | "silent";
}

interface Entry {
  value: Uint8Array;
  encoding: number;
  versionstamp: Uint8Array;
}

const DATABASE = "7e0f0000-0000-4000-8000-000000000001";
const SUCCESS = 1, CHECK_FAILURE = 2, DELETE = 2;

/** Starts a service on a free port of 127.0.0.1. */
export function startKvService(): KvService {
  const values = new Map<string, Entry>();
  let commits = 0;
  const answer = async (request: Request): Promise<Response> => {
    if (service.mode === "silent") return await silence;
    if (service.mode === "refuse") return new Response("no such database", { status: 404 });
    const { pathname, origin } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    if (pathname === "/") {
      const expiresAt = new Date(Date.now() + 3600_000).toISOString();
      const endpoints = [{ url: `${origin}/data`, consistency: "strong" }];
      return Response.json({ version: 2, databaseId: DATABASE, endpoints, token: "t", expiresAt });
    }
    const reply = pathname.endsWith("/snapshot_read") ? read(values, body) : write(body);
    return new Response(reply, { headers: { "content-type": "application/x-protobuf" } });
  };

  function write(body: Uint8Array): Uint8Array<ArrayBuffer> {
    const request = decode(body);
    const failed = all(request, 1).some((check) => {
      const [key, expected] = [bytesOf(check, 1).toHex(), bytesOf(check, 2)];
      return (values.get(key)?.versionstamp.toHex() ?? "") !== expected.toHex();
    });
    if (failed) return encode([[1, CHECK_FAILURE]]);
    const versionstamp = new Uint8Array(10);
    new DataView(versionstamp.buffer).setUint32(4, ++commits);
    for (const mutation of all(request, 2)) {
      const key = bytesOf(mutation, 1).toHex();
      if (numberOf(mutation, 3) === DELETE) values.delete(key);
      else {
        const [value] = all(mutation, 2);
        const encoding = numberOf(value!, 2);
        values.set(key, { value: bytesOf(value!, 1).slice(), encoding, versionstamp });
      }
    }
    return encode([[1, SUCCESS], [2, versionstamp]]);
  }

  const stop = new AbortController();
  const silence = new Promise<Response>((_, reject) => {
    stop.signal.addEventListener("abort", () => reject(new Error("stopped")));
  });
  silence.catch(() => {});
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      signal: stop.signal,
      onListen() {},
      onError: () => new Response(),
    },
    answer,
  );
  const service: KvService = {
    url: `http://127.0.0.1:${server.addr.port}`,
    values,
    mode: "serve",
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
  return service;
}

function read(values: Map<string, Entry>, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const ranges = all(decode(body), 1).map((range): Field => {
    const [start, end] = [bytesOf(range, 1).toHex(), bytesOf(range, 2).toHex()];
    const found = [...values].filter(([key]) => key >= start && key < end)
      .sort(([a], [b]) => a < b ? -1 : 1)
      .slice(0, numberOf(range, 3));
    return [
      1,
      encode(found.map(([key, { value, encoding, versionstamp }]): Field => [
        1,
        encode([[1, Uint8Array.fromHex(key)], [2, value], [3, encoding], [4, versionstamp]]),
      ])),
    ];
  });
  return encode([...ranges, [4, 1], [8, SUCCESS]]);
}

/** A protobuf field: its number and what it holds. */
type Field = readonly [number: number, value: number | Uint8Array];

function encode(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const varint = (value: number) => {
    for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
    bytes.push(value);
  };
  for (const [number, value] of fields) {
    varint(8 * number + (typeof value === "number" ? 0 : 2));
    varint(typeof value === "number" ? value : value.length);
    if (typeof value !== "number") { for (const byte of value) bytes.push(byte); }
  }
  return Uint8Array.from(bytes);
}

function decode(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint(), number = Math.floor(tag / 8), value = varint();
    if (tag % 8 === 0) fields.push([number, value]);
    else {
      fields.push([number, bytes.subarray(at, at + value)]);
      at += value;
    }
  }
  return fields;
}

function all(message: Field[], number: number): Field[][] {
  return message.filter(([each]) => each === number).map(([, value]) =>
    decode(value as Uint8Array)
  );
}

function bytesOf(message: Field[], number: number): Uint8Array {
  return (message.find(([each]) => each === number)?.[1] ?? new Uint8Array()) as Uint8Array;
}

function numberOf(message: Field[], number: number): number {
  return (message.find(([each]) => each === number)?.[1] ?? 0) as number;
}
