/**
 * The updates of weights and of their average as one operation of a graph each, on slabs.
 *
 * @module
 */
import type { SgdStepAttributes } from "../../operations/sgd_step.ts";
import type { Slab, Value } from "./graph.ts";
import { averageStep, sgd } from "../operations/steps.ts";
import type { TraceKernel } from "./operate.ts";

/** All parameters at once, in place: they fill one slab, their gradients a second and their velocities a third. */
export const sgdSteps: TraceKernel = (backend, inputs, attributes) => {
  const { weightDecay, nesterov, count } = attributes as SgdStepAttributes & {
    count: number;
  };
  const indices = Array.from({ length: count }, (_, i) => i);
  const slabs = ["w", "g", "v"].map((kind) =>
    wholeSlab(indices.map((i) => backend.value(inputs[kind + i]!)))
  );
  const [weights, gradients, velocities] = slabs.map((slab) => backend.graph.partOf(slab));
  const lowered = sgd(slabs[0]!.bytes / 4, { weightDecay, nesterov });
  const rates = backend.value(inputs.rates!);
  backend.graph.update(lowered, [gradients!, rates], [weights!, velocities!]);
  return indices.flatMap((i) =>
    ["w", "v"].map((kind) => {
      const before = inputs[kind + i]!;
      return backend.info(backend.value(before), before.shape);
    })
  );
};

/** All averages at once, in place: they fill one slab, and what they are averages of another. */
export const averageSteps: TraceKernel = (backend, inputs, attributes) => {
  const { count } = attributes as { count: number };
  const indices = Array.from({ length: count }, (_, i) => i);
  const [averages, values] = ["a", "t"].map((kind) =>
    wholeSlab(indices.map((i) => backend.value(inputs[kind + i]!)))
  ) as [Slab, Slab];
  const { graph } = backend, share = backend.value(inputs.share!);
  const lowered = averageStep(averages.bytes / 4);
  graph.update(lowered, [graph.partOf(values), share], [graph.partOf(averages)]);
  return indices.map((i) => {
    const before = inputs[`a${i}`]!;
    return backend.info(backend.value(before), before.shape);
  });
};

/** The slab whose parts `values` are, all of them and in order. */
function wholeSlab(values: readonly Value[]): Slab {
  const origins = values.map(({ origin }) => {
    if (origin.kind !== "slab") throw new Error("A traced update takes parts of slabs.");
    return origin;
  });
  const { slab } = origins[0]!;
  const names = [...slab.parts.keys()];
  const whole = names.length === values.length &&
    origins.every((origin, i) => origin.slab === slab && origin.part === names[i]);
  if (!whole) throw new Error(`A traced update takes all of ${slab.label}, in its order.`);
  return slab;
}
