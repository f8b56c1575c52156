// matMul [9,40] [10,40]ᵀ
// grid 4 × 1 × 1; input 0, input 1, output 0
// {"flops":32768,"bytesRead":6080,"bytesWritten":360,"workgroupMemory":2112}
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

var<workgroup> rows: array<f32, 264>;
var<workgroup> columns: array<f32, 264>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let top = workgroup / 2u * 8u;
  let left = workgroup % 2u * 8u;
  let row = lane / 8u;
  let column = lane % 8u;
  var sum = 0.0;
  for (var start = 0u; start < 40u; start += 32u) {
    for (var at = lane; at < 256u; at += 64u) {
      let line = at / 32u;
      let k = start + at % 32u;
      var value = 0.0;
      if (top + line < 9u && k < 40u) {
        value = a[(top + line) * 40u + k];
      }
      rows[line * 33u + at % 32u] = value;
    }
    for (var at = lane; at < 256u; at += 64u) {
      let line = at / 32u;
      let k = start + at % 32u;
      var value = 0.0;
      if (left + line < 10u && k < 40u) {
        value = b[(left + line) * 40u + k];
      }
      columns[line * 33u + at % 32u] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < 32u; k++) {
      sum = fma(rows[row * 33u + k], columns[column * 33u + k], sum);
    }
    workgroupBarrier();
  }
  if (top + row < 9u && left + column < 10u) {
    result[(top + row) * 10u + left + column] = sum;
  }
}
