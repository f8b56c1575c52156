/**
 * What a file is, whatever its name says: told from its first and last bytes, before anything of it is read.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { mebibytes } from "../../format/mebibytes.ts";
import type { Ends } from "./ends.ts";

/** A kind of file that weights are read from. */
export type WeightsKind = "safetensors" | "shards" | "torch-zip" | "torch-pickle";

/** What has to be looked at of the beginning. */
export const HEAD_BYTES = 4096;

const TAKES = "safetensors, and what torch.save writes";
const CONVERT = "load it there and save its network with torch.save(model.state_dict(), FILE)";
const UNPACK = "unpack it and name the file inside";

/** A foreign kind: how it begins, as hexadecimal digits or text, at which byte, what it is, and what helps. */
interface Foreign {
  readonly at?: number;
  readonly begins: string | readonly number[];
  readonly is: string;
  readonly help: string;
}

const FOREIGN: readonly Foreign[] = [
  { begins: [0x1f, 0x8b], is: "compressed with gzip", help: "unpack it with gunzip" },
  { begins: [0xfd, 0x37, 0x7a, 0x58, 0x5a], is: "compressed with xz", help: "unpack it with unxz" },
  { begins: [0x28, 0xb5, 0x2f, 0xfd], is: "compressed with zstd", help: "unpack it with unzstd" },
  { begins: "BZh", is: "compressed with bzip2", help: "unpack it with bunzip2" },
  { begins: "7z\xbc\xaf", is: "a 7-Zip archive", help: UNPACK },
  { begins: "Rar!", is: "a RAR archive", help: UNPACK },
  { at: 257, begins: "ustar", is: "a tar archive", help: UNPACK.replace("it", "it with tar -xf") },
  { begins: "\x89HDF\r\n", is: "an HDF5 file, as Keras saves", help: CONVERT },
  { begins: "\x93NUMPY", is: "a NumPy array", help: `name weights: ${TAKES}` },
  { at: 4, begins: "TFL3", is: "a TensorFlow Lite model", help: CONVERT },
  { begins: "GGUF", is: "a GGUF file of a language model", help: `name weights: ${TAKES}` },
  { begins: "model_checkpoint_path", is: "a list of TensorFlow checkpoints", help: CONVERT },
  { begins: "\x89PNG", is: "a PNG picture", help: `name weights: ${TAKES}` },
  { begins: [0xff, 0xd8, 0xff], is: "a JPEG picture", help: `name weights: ${TAKES}` },
  { begins: "%PDF", is: "a PDF document", help: `name weights: ${TAKES}` },
];

/** How the pointer begins that Git LFS leaves in place of a file. */
const LFS = "version https://git-lfs";
/** A LevelDB table, which the index of a TensorFlow checkpoint is, ends so. */
const TABLE_END = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** What follows `ir_version` in an ONNX file: producer, domain, version, documentation, graph, opset. */
const ONNX_FIELDS = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42];

/**
 * The kind of the file at `path`.
 *
 * @throws {UsageError} if no weights are read from such a file: says what it is and what helps
 */
export function sniff(path: string, ends: Ends): WeightsKind {
  const { head, size } = ends;
  if (head.length === 0) throw new UsageError(`${path} is empty: download or copy it again.`);
  if (begins(head, "PK\x03\x04") || begins(head, "PK\x05\x06")) return "torch-zip";
  // Before a pickle, with whose first two bytes a length of the header can begin.
  if (head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0)) return "safetensors";
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return "torch-pickle";
  const text = new TextDecoder().decode(head);
  if (/^\s*\{\s*["}]/.test(text)) return judgeJson(path, text);
  const known = foreign(ends, text);
  if (known === undefined && path.endsWith(".safetensors")) return "safetensors"; // which is told there
  const [is, help] = known ??
    ["no file of weights that this program knows", `it takes ${TAKES}`];
  throw new UsageError(`${path} (${size} bytes) is ${is}: ${help}.`);
}

/** What a file is and what helps, as far as it can be told. */
function foreign({ head, tail, size }: Ends, text: string): [string, string] | undefined {
  if (text.startsWith(LFS)) {
    const bytes = /^size (\d{1,15})$/m.exec(text)?.[1];
    const weighs = bytes === undefined ? "" : ` to ${mebibytes(Number(bytes))} MiB`;
    return [`a Git LFS pointer${weighs} and not the file`, "fetch that with git lfs pull"];
  }
  if (/^\s*(<!--|<!doctype html|<html|<head|<body)/i.test(text)) {
    return [
      "HTML, a web page",
      "download the file itself, whose address on GitHub has /raw/ and on Hugging Face /resolve/",
    ];
  }
  if (/^\s*<\?xml/.test(text)) {
    return ["XML, perhaps a server's message that there is no such file", "download it again"];
  }
  if (head.every((byte) => byte === 0) && size > 0) {
    return ["nothing but zeros where it begins", "its download was cut short: download it again"];
  }
  const known = FOREIGN.find(({ begins: signature, at = 0 }) => begins(head, signature, at));
  if (known) return [known.is, known.help];
  if (TABLE_END.every((byte, i) => tail.at(i - TABLE_END.length) === byte)) {
    return ["the index of a TensorFlow checkpoint", CONVERT];
  }
  if (begins(head, [0x08, 0x01, 0x12])) return ["a TensorFlow SavedModel", CONVERT];
  if (head[0] === 0x08 && head[1]! <= 32 && ONNX_FIELDS.includes(head[2]!)) {
    return ["an ONNX model", "take the state dict that it was exported from"];
  }
  return undefined;
}

function judgeJson(path: string, text: string): WeightsKind {
  if (text.includes('"weight_map"')) return "shards";
  const what = text.includes('"modelTopology"')
    ? "a TensorFlow.js model and no state dict: memloss eval attacks it as it is"
    : text.includes('"dataSha256"')
    ? "a run's recipe: name the run's folder"
    : `JSON and holds no weights: name ${TAKES}`;
  throw new UsageError(`${path} is ${what}.`);
}

/** Whether `bytes` has `signature` at `at`; a text stands for its characters' codes. */
function begins(bytes: Uint8Array, signature: string | readonly number[], at = 0): boolean {
  const codes = typeof signature === "string"
    ? [...signature].map((character) => character.charCodeAt(0))
    : signature;
  return codes.every((code, i) => bytes[at + i] === code);
}
