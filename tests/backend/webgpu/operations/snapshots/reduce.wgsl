// mean [4,300,2] along [1]
// grid 8 × 1 × 1; input 0, output 0
// {"flops":2400,"bytesRead":9600,"bytesWritten":32,"workgroupMemory":1024}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

var<workgroup> shared_values: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let base = workgroup / 2u * 600u + workgroup % 2u;
  var value = 0.0;
  for (var i = lane; i < 300u; i += 256u) {
    value += source[base + i * 2u];
  }
  shared_values[lane] = value;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (lane < half) { shared_values[lane] += shared_values[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    result[workgroup] = shared_values[0] / 300.0;
  }
}
