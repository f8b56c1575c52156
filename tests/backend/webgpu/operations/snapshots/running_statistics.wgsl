// runningStatistics 6
// grid 1 × 1 × 1; input 0, input 1, input 2, input 3, output 0, output 1
// {"flops":84,"bytesRead":144,"bytesWritten":48,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> running_mean: array<f32>;
@group(0) @binding(1) var<storage, read> running_variance: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> new_variance: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 6u) { return; }
  var centre = running_mean[i];
  var spread = running_variance[i];
  centre = 0.9f * centre + 0.1f * mean[i + 0u];
  spread = 0.9f * spread + 0.1f * (variance[i + 0u] * 1.032258f);
  centre = 0.9f * centre + 0.1f * mean[i + 6u];
  spread = 0.9f * spread + 0.1f * (variance[i + 6u] * 1.0666667f);
  new_mean[i] = centre;
  new_variance[i] = spread;
}
