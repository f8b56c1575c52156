// argMax [5,10]
// grid 1 × 1 × 1; input 0, output 0
// {"flops":50,"bytesRead":200,"bytesWritten":20,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 5u) { return; }
  let base = i * 10u;
  var best = 0u;
  for (var c = 1u; c < 10u; c++) {
    if (source[base + c] > source[base + best]) { best = c; }
  }
  result[i] = f32(best);
}
