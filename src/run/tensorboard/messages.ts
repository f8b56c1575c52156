/**
 * What TensorBoard reads, as protocol buffers: events, and the values in their summaries. The numbers are those of
 * TensorFlow's `event.proto` and `summary.proto`.
 *
 * @module
 */
import type { Picture } from "../../data/contact_sheet.ts";
import { encodePng } from "../../format/png.ts";
import { Message } from "../../format/protobuf.ts";

/** A value of a summary, under a tag. */
export type Value = Message;

/** `SessionLog.START`. */
const START = 1;
/** `Image.colorspace` of red, green and blue. */
const RGB = 3;

/** How a file of events begins. */
export function versionEvent(): Message {
  return timed(0).text(3, "brain.Event:2");
}

/** A sitting begins: what earlier files say of `step` and later ones is void. */
export function startEvent(step: number): Message {
  return timed(step).message(7, new Message().integer(1, START));
}

/** Something was seen at `step`. */
export function summaryEvent(step: number, values: readonly Value[]): Message {
  const summary = new Message();
  for (const value of values) summary.message(1, value);
  return timed(step).message(5, summary);
}

/** A number. */
export function scalar(tag: string, value: number): Value {
  return new Message().text(1, tag).float(2, value);
}

/** Counts of numbers in equal parts of [0,1], which are all that is known of them beside their mean. */
export function histogram(tag: string, mean: number, counts: readonly number[]): Value {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const histo = new Message().double(1, 0).double(2, 1).double(3, n).double(4, mean * n)
    .doubles(6, counts.map((_, bin) => (bin + 1) / counts.length))
    .doubles(7, counts);
  return new Message().text(1, tag).message(5, histo);
}

/** A picture. */
export function image(tag: string, { width, height, rgb }: Picture): Value {
  const encoded = encodePng(width, height, rgb);
  const message = new Message().integer(1, height).integer(2, width).integer(3, RGB)
    .data(4, encoded);
  return new Message().text(1, tag).message(4, message);
}

/** What belongs to a plugin and is no value. */
export function pluginData(tag: string, plugin: string, content: Message): Value {
  const data = new Message().text(1, plugin).message(2, content);
  return new Message().text(1, tag).message(9, new Message().message(1, data));
}

function timed(step: number): Message {
  return new Message().double(1, Date.now() / 1000).integer(2, step);
}
