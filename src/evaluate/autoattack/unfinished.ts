/**
 * What an interrupted AutoAttack was busy with, in a file: the clean images' logits, and where every search stood that
 * had begun. Nothing is lost with it but time, so one that cannot be used is told and done without.
 *
 * The file is safetensors, followed by the CRC-32C of its bytes. The logits are `clean`; of image 7's search, `7/asked`
 * and `7/run` are its {@linkcode SearchState}'s numbers, and `7/at/NAME` is what its run keeps as `NAME`.
 *
 * @module
 */
import type { AutoAttackMember } from "../../attack/autoattack/versions.ts";
import { type RunState, type SearchState, unbegun } from "../../attack/autoattack/search_state.ts";
import { readIfThere, writeFileAtomically } from "../../disk/files.ts";
import { crc32c } from "../../format/crc32c.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafetensorsFile,
} from "../../format/safetensors.ts";

/** What was begun and not ended. */
export interface Unfinished {
  /** Logits of the first clean images, one row each. */
  readonly clean: Float32Array;
  /** Who searches; absent before the first. */
  readonly member?: AutoAttackMember;
  /** Time that the member has taken so far, over all sittings. */
  readonly seconds: number;
  /** Where its searches stand, by image. */
  readonly states: ReadonlyMap<number, SearchState>;
}

/** Goes up whenever a state's values mean something else than before. */
const FORMAT = "memloss-unfinished-1";
const CHECKSUM_BYTES = 4;
const CLEAN = "clean";

/**
 * Writes `unfinished` to the file at `path`, at once or not at all.
 *
 * @param key digest of what is attacked and how
 * @throws {RunError} naming `path` if the disk fails
 */
export async function writeUnfinished(
  path: string,
  key: string,
  { clean, member, seconds, states }: Unfinished,
): Promise<void> {
  const tensors = new Map<string, SafeTensor>([[CLEAN, tensorOf(clean)]]);
  for (const [id, { asked, run, at = {} }] of states) {
    tensors.set(`${id}/asked`, tensorOf(asked)).set(`${id}/run`, tensorOf(run));
    for (const [name, value] of Object.entries(at)) {
      if (value !== undefined) tensors.set(`${id}/at/${name}`, tensorOf(value));
    }
  }
  const about = { format: FORMAT, key, seconds: String(seconds), ...member && { member } };
  const content = encodeSafetensors(tensors, about);
  const bytes = new Uint8Array(content.length + CHECKSUM_BYTES);
  bytes.set(content);
  new DataView(bytes.buffer).setUint32(content.length, crc32c(content), true);
  await writeFileAtomically(path, bytes);
}

/**
 * What the file at `path` holds; undefined if there is none, or a sentence that says why it is of no use.
 *
 * @throws {RunError} naming `path` if it cannot be read
 */
export async function readUnfinished(
  path: string,
  key: string,
): Promise<Unfinished | string | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const useless = (why: string) => `The searches that had begun are begun anew: ${path} ${why}.`;
  const file = open(bytes, path);
  if (file === undefined) return useless("is damaged");
  const { format, key: ofOther, member, seconds } = file.metadata;
  if (format !== FORMAT) return useless("has another format");
  if (ofOther !== key) return useless("belongs to another evaluation");
  const states = new Map<number, SearchState>();
  for (const [name, tensor] of file.tensors) {
    if (name === CLEAN) continue;
    const [id, part, ofRun] = name.split("/"), value = valueOf(tensor);
    const state = states.get(Number(id)) ?? unbegun();
    states.set(Number(id), state);
    if (ofRun !== undefined) (state.at ??= {})[ofRun] = value;
    else state[part as "asked" | "run"] = value as number;
  }
  return {
    clean: file.tensors.get(CLEAN)!.data as Float32Array,
    ...member !== undefined && { member: member as AutoAttackMember },
    seconds: Number(seconds),
    states,
  };
}

/** The safetensors file in `bytes`; undefined if it is not as it was written. */
function open(bytes: Uint8Array<ArrayBuffer>, path: string): SafetensorsFile | undefined {
  const length = bytes.length - CHECKSUM_BYTES, content = bytes.subarray(0, Math.max(0, length));
  try {
    const checksum = new DataView(bytes.buffer).getUint32(length, true);
    return checksum === crc32c(content) ? decodeSafetensors(content, path) : undefined;
  } catch {
    return undefined; // too short, or nothing of ours
  }
}

/** Every bit of a number is kept, and NaN and infinities. */
function tensorOf(value: number | Float32Array | Float64Array): SafeTensor {
  const [shape, data] = typeof value === "number"
    ? [[], Float64Array.of(value)]
    : [[value.length], value];
  return { dtype: data instanceof Float64Array ? "F64" : "F32", shape, data } as SafeTensor;
}

function valueOf({ shape, data }: SafeTensor): RunState[string] {
  const values = data as Float32Array | Float64Array;
  return shape.length === 0 ? values[0] : values;
}
