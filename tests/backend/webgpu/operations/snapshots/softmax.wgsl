// softmax [5,10]
// grid 1 × 1 × 1; input 0, output 0
// {"flops":600,"bytesRead":600,"bytesWritten":200,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> probability: array<f32>;

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
  for (var c = 0u; c < 10u; c++) {
    probability[row + c] = exp(logits[row + c] - logits_most - logits_norm);
  }
}
