/**
 * Tests in a process of their own, judged by what it reports.
 *
 * A process that has used Mesa's software Vulkan is now and then ended by a signal when its tests are over and it takes
 * itself down. So a signal fails a file only if some of its tests were not reported.
 *
 * @module
 */

/** How the tests of a process ended. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
  /** What the process wrote, both streams. */
  readonly output: string;
  /** The signal that ended the process after its last test was reported. */
  readonly signal?: Deno.Signal;
}

/** What the process is started with. */
export interface ProcessOptions {
  /** As `deno test --filter`. */
  readonly filter?: string | undefined;
  /** Whether it may see a WebGPU adapter. Without, it and the processes that it starts find none. */
  readonly webGpu: boolean;
}

/** Mesa's software Vulkan takes longer to optimise the tests' kernels than to run them once. */
const FAST_COMPILER = { GALLIVM_PERF: "nopt" };

/** Runs the tests of `file`. */
export function runTestFile(file: string, options: ProcessOptions): Promise<Outcome> {
  return runTests(["--no-check", file], options);
}

/** Runs the examples in the docstrings of `paths`, files or folders, which nothing else checks the types of. */
export function runExamples(paths: readonly string[], options: ProcessOptions): Promise<Outcome> {
  return runTests(["--doc", ...paths], options);
}

async function runTests(
  what: readonly string[],
  { filter, webGpu }: ProcessOptions,
): Promise<Outcome> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-P=test"],
      ...filter === undefined ? [] : [`--filter=${filter}`],
      ...what,
    ],
    env: { NO_COLOR: "1", ...webGpu ? FAST_COMPILER : { DENO_WEBGPU_BACKEND: "none" } },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const chunks: string[] = [];
  const [report] = await Promise.all([
    collect(process.stdout, chunks),
    collect(process.stderr, chunks),
  ]);
  const { code, signal } = await process.status;
  return { ...judge(report, code, signal), output: chunks.join("") };
}

/** The text of `stream`, each piece of which goes to `chunks` as it comes. */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  chunks: string[],
): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    chunks.push(chunk);
  }
  return text;
}

/** What tests print stands between such lines. */
const PRINTED = /^-+ (?:post-test )?output -+\n[^]*?^-+ (?:post-test )?output end -+\n/gm;
/** The line of a test that is over. Those of its steps are indented. */
const RESULT = /^\S.* \.\.\. (ok|ignored|FAILED|cancelled)(?: \(.*\))?$/gm;
/** Examples are a module each. */
const REGISTERED = /^running (\d+) tests? from /gm;

/** What Deno's report says of a file whose process ended with `code`, or by `signal`. */
export function judge(
  report: string,
  code: number,
  signal: Deno.Signal | null,
): Omit<Outcome, "output"> {
  const said = report.replaceAll(PRINTED, "");
  const results = [...said.matchAll(RESULT)].map(([, result]) => result);
  const passed = results.filter((result) => result === "ok").length;
  const ignored = results.filter((result) => result === "ignored").length;
  const bad = results.length - passed - ignored;
  const registered = [...said.matchAll(REGISTERED)];
  const all = registered.reduce((sum, [, count]) => sum + Number(count), 0);
  const complete = registered.length > 0 && results.length === all;
  const excused = signal !== null && complete && bad === 0;
  // What fails outside its tests, or does not get to their end, counts as one failure.
  const failed = code === 0 || excused ? bad : Math.max(bad, 1);
  return { passed, failed, ignored, ...excused && { signal } };
}
