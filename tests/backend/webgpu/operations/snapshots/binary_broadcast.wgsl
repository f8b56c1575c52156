// mul [4,1,3] [5,1]
// grid 1 × 1 × 1; input 0, input 1, output 0
// {"flops":60,"bytesRead":480,"bytesWritten":240,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> right: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 60u) { return; }
  let a = left[i / 15u * 3u + i % 3u];
  let b = right[i / 3u % 5u];
  result[i] = a * b;
}
