// square 6
// grid 1 × 1 × 1; input 0, output 0
// {"flops":8,"bytesRead":32,"bytesWritten":32,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> left: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 2u) { return; }
  let a = left[i];
  result[i] = a * a;
}
