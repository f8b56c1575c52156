// matMul [9,40] [10,40]ᵀ
// grid 2 × 1 × 1; input 0, input 1, output 0
// {"flops":7200,"bytesRead":28800,"bytesWritten":360,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 90u) { return; }
  let row = i / 10u;
  let column = i % 10u;
  var sums = vec4f();
  var k = 0u;
  for (; k + 3u < 40u; k += 4u) {
    sums = fma(vec4f(a[row * 40u + k + 0u], a[row * 40u + k + 1u], a[row * 40u + k + 2u], a[row * 40u + k + 3u]),
      vec4f(b[column * 40u + k + 0u], b[column * 40u + k + 1u], b[column * 40u + k + 2u], b[column * 40u + k + 3u]), sums);
  }
  for (; k < 40u; k++) { sums.x = fma(a[row * 40u + k], b[column * 40u + k], sums.x); }
  result[i] = (sums.x + sums.y) + (sums.z + sums.w);
}
