// select 6
// grid 1 × 1 × 1; input 0, input 1, input 2, output 0
// {"flops":8,"bytesRead":96,"bytesWritten":32,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> condition: array<vec4f>;
@group(0) @binding(1) var<storage, read> left: array<vec4f>;
@group(0) @binding(2) var<storage, read> right: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 2u) { return; }
  result[i] = select(right[i], left[i], condition[i] != vec4f());
}
