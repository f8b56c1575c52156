import assert from "node:assert/strict";
import { join } from "@std/path";

const WORK = [
  Deno.execPath(),
  "run",
  "-q",
  "--allow-read",
  join(import.meta.dirname!, "stoppable.ts"),
];

/** A process that runs the work, and everything that it has said. */
class Work implements AsyncDisposable {
  text = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(command: string, ...args: string[]) {
    this.#child = new Deno.Command(command, {
      args,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all(
      [this.#child.stdout, this.#child.stderr].map(async (stream) => {
        for await (const piece of stream.pipeThrough(new TextDecoderStream())) this.text += piece;
      }),
    ).then(() => {});
  }

  /** The work without a terminal, not even the one that these tests may have been started from. */
  static start(busy: number, saving: number): Work {
    return new Work("setsid", "-w", ...WORK, `${busy}`, `${saving}`);
  }

  /** The work at a terminal of its own, under `wrapper`. */
  static atTerminal(busy: number, saving: number, wrapper = "exec WORK"): Work {
    const command = wrapper.replace("WORK", [...WORK, busy, saving].join(" "));
    return new Work("script", "-qec", command, "/dev/null");
  }

  /** Waits until it has said `what`. */
  async says(what: RegExp): Promise<void> {
    const patience = performance.now() + 30_000;
    while (!what.test(this.text)) {
      assert.ok(performance.now() < patience, `${what} in "${this.text}"`);
      await sleep(5);
    }
  }

  /** Sends `signal` to the process that works. */
  async send(signal: Deno.Signal): Promise<void> {
    await this.says(/process \d+ begins/);
    Deno.kill(Number(/process (\d+)/.exec(this.text)![1]), signal);
  }

  async ended(): Promise<Deno.CommandStatus> {
    await this.#read;
    return await this.#child.status;
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.ended();
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `script` and `setsid` of util-linux give and take terminals. */
const onLinux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "interruptible() lets the work save what it did, however often a signal comes",
  onLinux,
  async () => {
    const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"] as const;
    await Promise.all(signals.map(async (signal) => {
      await using work = Work.start(0, 2000);
      await work.send(signal);
      await work.says(/^Stopping at the next safe place\.$/m);
      await work.send(signal);
      await sleep(1300);
      await work.send(signal);
      await work.says(/^saved$/m);
      await work.send(signal);
      const { code } = await work.ended();
      assert.equal(code, 0, `${signal}: ${work.text}`);
      assert.match(work.text, /^ended$/m);
      assert.equal(work.text.match(/Stopping/g)!.length, 1);
    }));
  },
);

Deno.test(
  "interruptible() ends the process at a second Ctrl-C from a terminal",
  onLinux,
  async () => {
    await using work = Work.atTerminal(0, 60_000);
    await work.send("SIGINT");
    await work.says(/^Stopping at the next safe place; Ctrl-C again ends it at once\.\r$/m);
    let over = false;
    const ended = work.ended().finally(() => over = true);
    // On a slow machine the process may still take the first one after this for the first over again.
    for (await sleep(1300); !over; await sleep(300)) await work.send("SIGINT").catch(() => {});
    assert.equal((await ended).code, 130);
    assert.match(work.text, /^Ended at once: what was not saved before is lost\.\r$/m);
    assert.doesNotMatch(work.text, /^saved/m);
  },
);

Deno.test(
  "interruptible() takes a Ctrl-C that comes twice for one, however late it gets to it",
  onLinux,
  async () => {
    // Busy for longer than two Ctrl-C have to be apart: the second one waits all the time.
    await using work = Work.atTerminal(2000, 500);
    await work.send("SIGINT");
    await work.says(/Stopping/);
    await work.send("SIGINT");
    await work.send("SIGTERM");
    assert.equal((await work.ended()).code, 0, work.text);
    assert.match(work.text, /^saved\r$/m);
  },
);

Deno.test(
  "interruptible() lets SIGTERM and SIGHUP force nothing at a terminal",
  onLinux,
  async () => {
    await using work = Work.atTerminal(0, 2000);
    await work.send("SIGINT");
    await work.says(/Stopping/);
    await sleep(1300);
    await work.send("SIGTERM");
    await work.send("SIGHUP");
    assert.equal((await work.ended()).code, 0, work.text);
    assert.match(work.text, /^saved\r$/m);
  },
);

Deno.test("interruptible() leaves nohup its work", onLinux, async () => {
  await using work = Work.atTerminal(0, 0, "nohup WORK 2>&1 | cat");
  await work.send("SIGHUP");
  await sleep(300);
  assert.doesNotMatch(work.text, /Stopping/);
  await work.send("SIGTERM");
  await work.says(/^saved/m);
});
