// slice [2,2] of [4,5] at [1,2]
// grid 1 × 1 × 1; input 0, output 0
// {"flops":0,"bytesRead":16,"bytesWritten":16,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 4u) { return; }
  result[i] = source[i / 2u * 5u + i % 2u + 7u];
}
