/**
 * What each command does, in a line: apart from the commands, whose code takes a while to load.
 *
 * @module
 */

/** By the names of the commands, in the order in which the help lists them. */
export const SUMMARIES = {
  train: "train a model, or continue to train it",
  eval:
    "measure clean and robust accuracy of a run, a file of weights (safetensors, PyTorch's) or a tfjs model",
  "verify-run": "train a run again and compare every epoch: metrics, checkpoint, memory",
  memory: "look into a run's memory of adversarial examples, check it, copy it out and in",
  weights: "take over a network from PyTorch, hand one on, or look into a file of weights",
  compare: "sum up evaluated runs in a table: mean ± sd over seeds, paired differences",
  report: "draw runs as a page: one HTML file with curves, classes, attacks and recipe",
  reproduce: "make a published table: train and evaluate all its rows, and compare",
  data: "download, check or look at a data set",
  doctor: "tell what this machine can run, and what is missing",
  bench:
    "time steps, attacks, evaluations, the memory and the host; WebGPU kernels against tfjs's own, or bounded on paper",
  completions: "print what teaches a shell to complete the binary's commands and flags",
} as const;
