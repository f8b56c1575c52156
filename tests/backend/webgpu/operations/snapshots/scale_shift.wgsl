// scaleShift [2,4,4,8]
// grid 1 × 1 × 1; input 0, input 1, input 2, output 0
// {"flops":768,"bytesRead":3072,"bytesWritten":1024,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> scale: array<vec4f>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 64u) { return; }
  let unit = i % 2u;
  let value = x[i] * scale[unit] + shift[unit];
  y[i] = select(value, vec4f(), value < vec4f());
}
