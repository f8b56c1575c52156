// max [4,10] along [1]
// grid 4 × 1 × 1; input 0, output 0
// {"flops":40,"bytesRead":160,"bytesWritten":16,"workgroupMemory":64}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

var<workgroup> shared_values: array<f32, 16>;

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let base = workgroup * 10u;
  var value = source[base + 0u];
  for (var i = lane; i < 10u; i += 16u) {
    value = max(value, source[base + i]);
  }
  shared_values[lane] = value;
  workgroupBarrier();
  for (var half = 8u; half > 0u; half /= 2u) {
    if (lane < half) { shared_values[lane] = max(shared_values[lane], shared_values[lane + half]); }
    workgroupBarrier();
  }
  if (lane == 0u) {
    result[workgroup] = shared_values[0];
  }
}
