// copy 12 from 0 to 0
// grid 1 × 1 × 1; input 0, output 0
// {"flops":0,"bytesRead":48,"bytesWritten":48,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 3u) { return; }
  result[i + 0u] = source[i + 0u];
}

// copy 6 from 0 to 12
// grid 1 × 1 × 1; input 1, output 0
// {"flops":0,"bytesRead":24,"bytesWritten":24,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 6u) { return; }
  result[i + 12u] = source[i + 0u];
}
