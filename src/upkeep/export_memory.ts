/**
 * A run's memory as a file: numbers, or a contact sheet to look at.
 *
 * @module
 */
import { applyView } from "../data/augmentation.ts";
import { contactSheet } from "../data/contact_sheet.ts";
import { type Dataset, valuesPerImage } from "../data/dataset.ts";
import { DATA_ROOT } from "../data/sets/sets.ts";
import { UsageError } from "../errors.ts";
import { writeFileAtomically } from "../disk/files.ts";
import { encodePng } from "../format/png.ts";
import { checkOutput, PNG, safetensorsWith } from "../run/output.ts";
import { makeMemoryInputs } from "../train/memory/inputs.ts";
import {
  loadMemoryData,
  type MemoryPlace,
  type MemoryRun,
  refuseOtherData,
  withMemory,
} from "./memory_run.ts";
import { EXAMPLES_TENSOR, type MemoryExamples, writeMemoryFile } from "./examples_file.ts";

/** Examples on a contact sheet unless told otherwise. */
const SHEET_EXAMPLES = 20;
/** Examples in a band of it. */
const COLUMNS = 10;
/** How much larger a contact sheet shows a difference, around grey. */
const MAGNIFIED = 10;

/** What was written, as `memory export --json` prints it. */
export interface ExportReport {
  readonly out: string;
  readonly epoch: number;
  readonly examples: number;
}

/** What to write, and where. */
export interface ExportOptions extends MemoryPlace {
  /** The file: `.safetensors`, or `.png` for a contact sheet. */
  readonly out: string;
  /**
   * Whether a file of another kind may be replaced.
   *
   * @default {false}
   */
  readonly overwrite?: boolean;
  /**
   * The epoch that made the examples.
   *
   * @default {the newest}
   */
  readonly epoch?: number;
  /**
   * The first so many examples.
   *
   * @default {all; on a contact sheet 20}
   */
  readonly limit?: number;
}

/**
 * Writes examples of one epoch to `out`, in the order in which they were made.
 *
 * @throws {UsageError} if there is no memory, no such epoch in it, or `out` is neither .safetensors nor .png
 * @throws {RunError} if an example is damaged or the file cannot be written
 */
export async function exportMemory(run: MemoryRun, options: ExportOptions): Promise<ExportReport> {
  const { out } = options;
  const drawn = out.endsWith(".png");
  if (!drawn && !out.endsWith(".safetensors")) {
    throw new UsageError("Say where to: --out FILE.safetensors, or --out FILE.png.");
  }
  const { dataDir = run.recipe.dataDir ?? DATA_ROOT, auxData = run.recipe.auxData } = options;
  await checkOutput(out, {
    flag: "--out",
    kind: drawn ? PNG : safetensorsWith(EXAMPLES_TENSOR),
    inputs: [dataDir, ...auxData === undefined ? [] : [auxData]],
    overwrite: options.overwrite === true,
  });
  const data = await loadMemoryData(run, options);
  const { train } = data;
  return await withMemory(run, options, async (store) => {
    const epochs = store.current()?.generations ?? [];
    const filled = epochs.filter((each) => store.manifest(each).records > 0);
    const epoch = options.epoch ?? filled.at(-1);
    if (epoch === undefined || !filled.includes(epoch)) {
      const held = filled.length === 0 ? "nothing yet" : `epoch ${filled.join(" and ")}`;
      const missing = epoch === undefined ? "" : `, not epoch ${epoch}`;
      throw new UsageError(`The memory of ${run.runDir} holds ${held}${missing}.`);
    }
    refuseOtherData(store, data);
    const limit = options.limit ?? (drawn ? SHEET_EXAMPLES : undefined);
    const ids = (await store.images(epoch)).slice(0, limit);
    const memory = await store.read(epoch, ids);
    const examples = {
      ids,
      views: memory.views,
      images: makeMemoryInputs(memory, train, ids).images,
    };
    if (drawn) {
      const { width, height, rgb } = drawExamples(examples, train);
      await writeFileAtomically(out, encodePng(width, height, rgb));
    } else {
      const { codec, epsilon } = store.settings;
      const origin = { epoch: String(epoch), codec, epsilon: String(epsilon) };
      await writeMemoryFile(out, examples, train, origin);
    }
    return { out, epoch, examples: ids.length };
  });
}

/** Bands of three rows: clean image under the view of its example, the example, their difference ten times as large. */
function drawExamples({ ids, views, images }: MemoryExamples, train: Dataset) {
  const n = ids.length, columns = Math.min(n, COLUMNS);
  const values = valuesPerImage(train.shape);
  const bands = Math.ceil(n / columns);
  const cells = new Uint8Array(bands * 3 * columns * values).fill(255);
  const clean = new Float32Array(values);
  ids.forEach((id, i) => {
    applyView(train, id, views[i]!, clean, 0);
    const example = images.subarray(i * values, (i + 1) * values);
    const difference = example.map((value, j) => 0.5 + MAGNIFIED * (value - clean[j]!));
    [clean, example, difference].forEach((picture, row) => {
      const cell = (3 * Math.floor(i / columns) + row) * columns + i % columns;
      cells.set(toBytes(picture), cell * values);
    });
  });
  const count = cells.length / values;
  const drawn = { ...train, n: count, images: cells };
  return contactSheet(drawn, Array.from({ length: count }, (_, cell) => cell), columns);
}

function toBytes(picture: Float32Array): Uint8ClampedArray {
  return Uint8ClampedArray.from(picture, (value) => 255 * value);
}
