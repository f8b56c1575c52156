// averageStep 12
// grid 1 × 1 × 1; input 0, input 1, output 0
// {"flops":36,"bytesRead":96,"bytesWritten":48,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> value: array<vec4f>;
@group(0) @binding(1) var<storage, read> share: array<f32>;
@group(0) @binding(2) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 3u) { return; }
  let before = average[i];
  average[i] = before + share[0] * (value[i] - before);
}
