// klDivergence [5,10]
// grid 1 × 1 × 1; input 0, input 1, output 0
// {"flops":600,"bytesRead":1200,"bytesWritten":20,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 5u) { return; }
  let row = i * 10u;
  var p_most = p[row];
  for (var c = 1u; c < 10u; c++) { p_most = max(p_most, p[row + c]); }
  var p_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { p_norm += exp(p[row + c] - p_most); }
  p_norm = log(p_norm);
  var q_most = q[row];
  for (var c = 1u; c < 10u; c++) { q_most = max(q_most, q[row + c]); }
  var q_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { q_norm += exp(q[row + c] - q_most); }
  q_norm = log(q_norm);
  var divergence = 0.0;
  for (var c = 0u; c < 10u; c++) {
    divergence += exp(p[row + c] - p_most - p_norm) * ((p[row + c] - p_most - p_norm) - (q[row + c] - q_most - q_norm));
  }
  loss[i] = divergence;
}

// klDivergenceGradient [5,10]
// grid 1 × 1 × 1; input 0, input 1, input 2, output 0, output 1
// {"flops":800,"bytesRead":1680,"bytesWritten":400,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dp: array<f32>;
@group(0) @binding(4) var<storage, read_write> dq: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 5u) { return; }
  let row = i * 10u;
  var p_most = p[row];
  for (var c = 1u; c < 10u; c++) { p_most = max(p_most, p[row + c]); }
  var p_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { p_norm += exp(p[row + c] - p_most); }
  p_norm = log(p_norm);
  var q_most = q[row];
  for (var c = 1u; c < 10u; c++) { q_most = max(q_most, q[row + c]); }
  var q_norm = 0.0;
  for (var c = 0u; c < 10u; c++) { q_norm += exp(q[row + c] - q_most); }
  q_norm = log(q_norm);
  var divergence = 0.0;
  for (var c = 0u; c < 10u; c++) {
    divergence += exp(p[row + c] - p_most - p_norm) * ((p[row + c] - p_most - p_norm) - (q[row + c] - q_most - q_norm));
  }
  for (var c = 0u; c < 10u; c++) {
    let log_p = p[row + c] - p_most - p_norm;
    let log_q = q[row + c] - q_most - q_norm;
    dp[row + c] = dy[i] * exp(log_p) * (log_p - log_q - divergence);
    dq[row + c] = dy[i] * (exp(log_q) - exp(log_p));
  }
}
