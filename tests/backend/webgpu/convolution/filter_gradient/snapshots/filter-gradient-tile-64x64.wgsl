// scratch []

// filter gradient 4×6×5 3→12 3×3/1, f16 tiles 64×64, 1 parts
// bindings read=input 0, read=input 1, write=output 0
// grid 1×1×1, cost {"flops":1048576,"bytesRead":18720,"bytesWritten":1296,"workgroupMemory":4096}
enable f16;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

var<workgroup> xs: array<vec4h, 256>;
var<workgroup> ds: array<vec4h, 256>;


fn load_row(image: u32, row: u32, column: u32, at: u32) -> f32 {
  let tap = at / 3u;
  let down = row + tap / 3u - 1u;
  let right = column + tap % 3u - 1u;
  if (tap >= 9u || down >= 6u || right >= 5u) { return 0.0; }
  return x[((image * 6u + down) * 5u + right) * 3u + at % 3u];
}

fn load_rows(image: u32, row: u32, column: u32, quad: u32) -> vec4f {
  return vec4f(load_row(image, row, column, 4u * quad + 0u), load_row(image, row, column, 4u * quad + 1u), load_row(image, row, column, 4u * quad + 2u), load_row(image, row, column, 4u * quad + 3u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % 8u;
  let down = local / 8u;
  let firstRow = group.y * 16u;
  let firstColumn = group.x * 16u;
  let end = min((group.z + 1u) * 128u, 120u);
  var s0_0_0 = vec4f();
  var s0_0_1 = vec4f();
  var s0_1_0 = vec4f();
  var s0_1_1 = vec4f();
  var s0_2_0 = vec4f();
  var s0_2_1 = vec4f();
  var s0_3_0 = vec4f();
  var s0_3_1 = vec4f();
  var s1_0_0 = vec4f();
  var s1_0_1 = vec4f();
  var s1_1_0 = vec4f();
  var s1_1_1 = vec4f();
  var s1_2_0 = vec4f();
  var s1_2_1 = vec4f();
  var s1_3_0 = vec4f();
  var s1_3_1 = vec4f();
  for (var first = group.z * 128u; first < end; first += 16u) {
    for (var i = local; i < 256u; i += 64u) {
      let pixel = first + i / 16u;
      var value = vec4f();
      if (pixel < end) {
        let image = pixel / 30u;
        let row = pixel / 5u % 6u * 1u;
        let column = pixel % 5u * 1u;
        value = load_rows(image, row, column, firstRow + i % 16u);
      }
      xs[i] = vec4h(value);
    }
    for (var i = local; i < 256u; i += 64u) {
      let pixel = first + i / 16u;
      let quad = firstColumn + i % 16u;
      var value = vec4f();
      if (pixel < end && 4u * quad < 12u) { value = dy[pixel * 3u + quad]; }
      ds[i] = vec4h(value);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let x0 = vec4f(xs[k * 16u + 0u + down]);
      let x1 = vec4f(xs[k * 16u + 8u + down]);
      let d0 = vec4f(ds[k * 16u + 0u + across]);
      let d1 = vec4f(ds[k * 16u + 8u + across]);
      s0_0_0 = fma(vec4f(x0[0]), d0, s0_0_0);
      s0_0_1 = fma(vec4f(x0[0]), d1, s0_0_1);
      s0_1_0 = fma(vec4f(x0[1]), d0, s0_1_0);
      s0_1_1 = fma(vec4f(x0[1]), d1, s0_1_1);
      s0_2_0 = fma(vec4f(x0[2]), d0, s0_2_0);
      s0_2_1 = fma(vec4f(x0[2]), d1, s0_2_1);
      s0_3_0 = fma(vec4f(x0[3]), d0, s0_3_0);
      s0_3_1 = fma(vec4f(x0[3]), d1, s0_3_1);
      s1_0_0 = fma(vec4f(x1[0]), d0, s1_0_0);
      s1_0_1 = fma(vec4f(x1[0]), d1, s1_0_1);
      s1_1_0 = fma(vec4f(x1[1]), d0, s1_1_0);
      s1_1_1 = fma(vec4f(x1[1]), d1, s1_1_1);
      s1_2_0 = fma(vec4f(x1[2]), d0, s1_2_0);
      s1_2_1 = fma(vec4f(x1[2]), d1, s1_2_1);
      s1_3_0 = fma(vec4f(x1[3]), d0, s1_3_0);
      s1_3_1 = fma(vec4f(x1[3]), d1, s1_3_1);
    }
    workgroupBarrier();
  }
  let row = 4u * (firstRow + down);
  let quad = firstColumn + across;
  let start = group.z * 27u;
  if (row + 0u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 0u) * 3u + (quad + 0u)] = s0_0_0; }
  if (row + 0u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 0u) * 3u + (quad + 8u)] = s0_0_1; }
  if (row + 1u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 1u) * 3u + (quad + 0u)] = s0_1_0; }
  if (row + 1u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 1u) * 3u + (quad + 8u)] = s0_1_1; }
  if (row + 2u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 2u) * 3u + (quad + 0u)] = s0_2_0; }
  if (row + 2u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 2u) * 3u + (quad + 8u)] = s0_2_1; }
  if (row + 3u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 3u) * 3u + (quad + 0u)] = s0_3_0; }
  if (row + 3u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 3u) * 3u + (quad + 8u)] = s0_3_1; }
  if (row + 32u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 32u) * 3u + (quad + 0u)] = s1_0_0; }
  if (row + 32u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 32u) * 3u + (quad + 8u)] = s1_0_1; }
  if (row + 33u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 33u) * 3u + (quad + 0u)] = s1_1_0; }
  if (row + 33u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 33u) * 3u + (quad + 8u)] = s1_1_1; }
  if (row + 34u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 34u) * 3u + (quad + 0u)] = s1_2_0; }
  if (row + 34u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 34u) * 3u + (quad + 8u)] = s1_2_1; }
  if (row + 35u < 27u && 4u * (quad + 0u) < 12u) { sums[(start + row + 35u) * 3u + (quad + 0u)] = s1_3_0; }
  if (row + 35u < 27u && 4u * (quad + 8u) < 12u) { sums[(start + row + 35u) * 3u + (quad + 8u)] = s1_3_1; }
}
