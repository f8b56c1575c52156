/**
 * Events as the real TensorBoard reads them.
 *
 * @module
 */
import { join } from "@std/path";
import type { Judge } from "../../testing/judge.ts";

const READ = `
import json, struct, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2
values = lambda h: [h.min, h.max, h.num, h.sum, h.sum_squares, h.bucket_limit, h.bucket]
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
result = {
  "scalars": {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags["scalars"]},
  "histograms": {tag: [[e.step, *values(e.histogram_value)] for e in events.Histograms(tag)] for tag in tags["histograms"]},
  "images": {tag: [[e.step, e.width, e.height, list(e.encoded_image_string[16:24])] for e in events.Images(tag)] for tag in tags["images"]},
}
modern = plugin_event_accumulator.EventAccumulator(sys.argv[1])
modern.Reload()
hparams = {tag: plugin_data_pb2.HParamsPluginData.FromString(content)
  for tag, content in modern.PluginTagToContent("hparams").items()}
experiment = hparams["_hparams_/experiment"].experiment
result["types"] = {info.name: info.type for info in experiment.hparam_infos}
result["metrics"] = [info.name.tag for info in experiment.metric_infos]
start = hparams["_hparams_/session_start_info"].session_start_info
result["hparams"] = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
end = hparams.get("_hparams_/session_end_info")
result["status"] = end and end.session_end_info.status
print(json.dumps(result))
`;

/** What TensorBoard makes of a run's events. */
export interface ReadEvents {
  scalars: Record<string, [number, number][]>;
  histograms: Record<string, (number | number[])[][]>;
  images: Record<string, [number, number, number, number[]][]>;
  types: Record<string, number>;
  metrics: string[];
  hparams: Record<string, unknown>;
  status: number | null;
}

/** What TensorBoard makes of the events of the run in `directory`. */
export async function readEvents(judge: Judge, directory: string): Promise<ReadEvents> {
  return JSON.parse(await judge(READ, join(directory, "tensorboard")));
}
