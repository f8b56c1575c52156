// crossEntropy [5,10]
// grid 1 × 1 × 1; input 0, input 1, output 0
// {"flops":600,"bytesRead":1200,"bytesWritten":20,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 5u) { return; }
  let row = i * 10u;
  var logits_most = logits[row];
  for (var c = 1u; c < 10u; c++) { logits_most = max(logits_most, logits[row + c]); }
  var logits_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { logits_norm += exp(logits[row + c] - logits_most); }
  logits_norm = log(logits_norm);
  var likelihood = 0.0;
  for (var c = 0u; c < 10u; c++) {
    likelihood += labels[row + c] * (logits[row + c] - logits_most - logits_norm);
  }
  loss[i] = -likelihood;
}

// crossEntropyGradient [5,10]
// grid 1 × 1 × 1; input 0, input 1, input 2, output 0
// {"flops":800,"bytesRead":1680,"bytesWritten":200,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dLogits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 5u) { return; }
  let row = i * 10u;
  var logits_most = logits[row];
  for (var c = 1u; c < 10u; c++) { logits_most = max(logits_most, logits[row + c]); }
  var logits_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { logits_norm += exp(logits[row + c] - logits_most); }
  logits_norm = log(logits_norm);
  var total = 0.0;
  for (var c = 0u; c < 10u; c++) {
    total += labels[row + c];
  }
  for (var c = 0u; c < 10u; c++) {
    dLogits[row + c] = dy[i] * (exp(logits[row + c] - logits_most - logits_norm) * total - labels[row + c]);
  }
}
