// globalAveragePool [2,4,4,8]
// grid 1 × 1 × 1; input 0, output 0
// {"flops":256,"bytesRead":1024,"bytesWritten":64,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 4u) { return; }
  let first = i / 2u * 32u + i % 2u;
  var sum = vec4f();
  for (var pixel = 0u; pixel < 16u; pixel++) {
    sum += x[first + pixel * 2u];
  }
  y[i] = sum / 16.0;
}
