/**
 * The part of the recipe that is about the memory: its flags and their defaults.
 *
 * @module
 */
import type { AttackNorm } from "../attack/options.ts";
import { UsageError } from "../errors.ts";
import { CODEC_NAMES, type CodecName } from "../memory/chunk/codec.ts";
import { CORRUPTION_POLICIES, type CorruptionPolicy } from "../memory/options.ts";
import { MEMORY_VIEWS, type MemoryView } from "../train/memory_inputs.ts";
import { choiceFlag, integerFlag, numberFlag, textFlag } from "./flag.ts";

/** Every field by name, with its flag. */
export const MEMORY_FLAGS = {
  memoryCodec: choiceFlag(
    "memory-codec",
    CODEC_NAMES,
    "how perturbations are stored; default int8, in l2 f32",
  ),
  memoryView: choiceFlag(
    "memory-view",
    MEMORY_VIEWS,
    "crop and flip of a memory example: those it was made under, or this epoch's; default stored",
  ),
  memoryAge: integerFlag(
    "memory-age",
    "epochs between making an example and using it; default 1",
    1,
  ),
  memoryEma: numberFlag(
    "memory-ema",
    "keep a running average of examples: the share a in [0,1) of the earlier ones; default none",
    0,
  ),
  memoryBudget: integerFlag(
    "memory-budget",
    "MiB of RAM for the memory, which never change a result; default 256",
    0,
  ),
  memoryIndex: textFlag(
    "memory-index",
    "URL",
    "KV Connect service that keeps the memory's index; default a file in the run folder",
  ),
  onCorruption: choiceFlag(
    "on-corruption",
    CORRUPTION_POLICIES,
    "a damaged memory example: take the step without it, or stop; default rerun",
  ),
} as const;

/** The names of the fields. */
export const MEMORY_FIELDS = [
  "memoryCodec",
  "memoryView",
  "memoryAge",
  "memoryEma",
  "memoryBudget",
  "memoryIndex",
  "onCorruption",
] as const satisfies (keyof typeof MEMORY_FLAGS)[];

/** The fields of a recipe with a memory; no average and no service unless asked for. */
export interface MemoryFields {
  readonly memoryCodec: CodecName;
  readonly memoryView: MemoryView;
  readonly memoryAge: number;
  readonly memoryEma?: number | undefined;
  readonly memoryBudget: number;
  readonly memoryIndex?: string | undefined;
  readonly onCorruption: CorruptionPolicy;
}

/**
 * Fills `given` up with the defaults.
 *
 * @throws {UsageError} if the codec cannot hold the average, or the index has no address
 */
export function resolveMemory(
  given: Partial<MemoryFields> & { readonly attackNorm: AttackNorm },
): MemoryFields {
  const { memoryEma, memoryIndex } = given;
  const memoryCodec = given.memoryCodec ?? (given.attackNorm === "linf" ? "int8" : "f32");
  const memoryView = given.memoryView ?? "stored";
  if (memoryEma !== undefined && memoryEma >= 1) {
    throw new UsageError(`--memory-ema must be below 1, not ${memoryEma}: 1 would never learn.`);
  }
  if (memoryEma !== undefined && memoryCodec === "int8" && memoryView === "stored") {
    throw new UsageError(
      "--memory-ema mixes crops, which leaves the ball that int8 can store: " +
        "add --memory-view realigned, or --memory-codec f16 or f32.",
    );
  }
  return {
    memoryCodec,
    memoryView,
    memoryAge: given.memoryAge ?? 1,
    memoryEma,
    memoryBudget: given.memoryBudget ?? 256,
    memoryIndex: memoryIndex && serviceAddress(memoryIndex),
    onCorruption: given.onCorruption ?? "rerun",
  };
}

/**
 * The address of a KV Connect service in its one form.
 *
 * @throws {UsageError} if it is none
 */
export function serviceAddress(address: string): string {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new UsageError(`--memory-index must be an http or https address, not "${address}".`);
}
