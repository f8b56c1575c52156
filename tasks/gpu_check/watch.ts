/**
 * What `nvidia-smi` says of the GPU, every second, beside the stages.
 *
 * @module
 */
import { join } from "@std/path";
import type { Outcome } from "./run_stage.ts";

const QUERY = "timestamp,utilization.gpu,power.draw,clocks.sm,memory.used";
const fileOf = (out: string) => join(out, "nvidia-smi.csv");

/** Begins to watch, where there is such a program; ends when it is disposed of. */
export function watchGpu(out: string): Disposable {
  try {
    const child = new Deno.Command("nvidia-smi", {
      args: [`--query-gpu=${QUERY}`, "--format=csv,noheader,nounits", "-l", "1", "-f", fileOf(out)],
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    child.unref();
    return {
      [Symbol.dispose]() {
        try {
          child.kill();
        } catch {
          // it has ended by itself
        }
      },
    };
  } catch {
    return { [Symbol.dispose]() {} };
  }
}

/** Median utilisation of the GPU in per cent while `stage` ran; undefined where nobody watched. */
export async function utilisation(out: string, stage: Outcome): Promise<number | undefined> {
  const text = await Deno.readTextFile(fileOf(out)).catch(() => "");
  const from = Date.parse(stage.began), to = from + 1000 * stage.seconds;
  const shares = text.split("\n").flatMap((line) => {
    const [time, share] = line.split(", ");
    const at = Date.parse(time?.replaceAll("/", "-").replace(" ", "T") ?? "");
    return at >= from && at <= to && Number.isFinite(Number(share)) ? [Number(share)] : [];
  }).sort((a, b) => a - b);
  return shares[Math.floor(shares.length / 2)];
}
