// globalAveragePoolGradient [2,3,3,5] masked
// grid 2 × 1 × 1; input 0, input 1, output 0
// {"flops":90,"bytesRead":720,"bytesWritten":360,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 90u) { return; }
  dx[i] = select(f32(), dy[i / 45u * 5u + i % 5u] / 9.0, mask[i] > f32());
}
