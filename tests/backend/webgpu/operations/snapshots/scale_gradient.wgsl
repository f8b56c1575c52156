// scaleGradient [2,3,3,5] add mask
// grid 2 × 1 × 1; input 0, input 1, input 2, input 3, output 0
// {"flops":180,"bytesRead":1440,"bytesWritten":360,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> add: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 90u) { return; }
  let unit = i % 5u;
  let value = x[i] * scale[unit] + add[i];
  y[i] = select(f32(), value, mask[i] > f32());
}
