// scratch []

// forward filter to f32 rows, 2×6×5 8→12 3×3/1
// bindings read=input 0, write=output 0
// grid 18×1×1, cost {"flops":0,"bytesRead":3456,"bytesWritten":18432,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 8u && channel + i < 12u) { value[i] = hwio[(tap * 8u + k) * 12u + channel + i]; }
  }
  return value;
}
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = group.x * 64u + local;
  if (at >= 1152u) { return; }
  let row = at / 16u;
  packed[at] = vec4f(filterQuad(row / 8u, row % 8u, at % 16u * 4u));
}

// scratch []

// forward tile 64×64 f32, 2×6×5 8→12 3×3/1
// bindings read=input 0, read=input 1, read=input 2, read=input 3, write=output 0
// grid 1×1×1, cost {"flops":103680,"bytesRead":46720,"bytesWritten":2880,"workgroupMemory":8448}
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> add: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

fn finish(pixel: u32, channel: u32, sums: vec4f) {
  let at = pixel * 3u + channel / 4u;
  var value = sums;
  value += bias[channel / 4u];
  value += add[at];
  value = max(value, vec4f());
  result[at] = value;
}

var<workgroup> left: array<array<array<vec4f, 17>, 4>, 4>;
var<workgroup> right: array<array<array<vec4f, 16>, 4>, 4>;

struct Pixel { image: u32, row: u32, column: u32 }

fn pixelAt(index: u32) -> Pixel {
  let row = index / 5u;
  return Pixel(row / 6u, row % 6u, index % 5u);
}

// Row of the filter's matrix for depth `at` of all taps of a phase.
fn filterRow(p: u32, q: u32, at: u32) -> u32 {
  return at;
}

// Bit `y · columnTaps + x`: whether the pixel has a source at that tap.
fn reaches(pixel: Pixel, rowTaps: u32, columnTaps: u32) -> u32 {
  var taps = 0u;
  if (pixel.image >= 2u) { return taps; }
  for (var y = 0u; y < rowTaps; y++) {
    for (var x = 0u; x < columnTaps; x++) {
      let down = pixel.row * 1u + y - 1u;
      let right = pixel.column * 1u + x - 1u;
      if (down < 6u && right < 5u) { taps |= 1u << (y * columnTaps + x); }
    }
  }
  return taps;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x;
  let p = index % 1u / 1u;
  let q = index % 1u;
  let block = index / 1u % 1u;
  let tile = index / 1u * 64u;
  let rowTaps = 3u;
  let columnTaps = 3u;
  let quads = rowTaps * columnTaps * 2u;
  let loadQuad = local % 4u;
  let loadPixels = local / 4u;
  let weightSet = local / 16u;
  let weightRow = weightSet * 4u;
  let weightColumn = block * 16u + local % 16u;
  let ownWeight = weightRow * 16u + weightColumn;
  let pixel0 = pixelAt(tile + 4u * loadPixels + 0u);
  let taps0 = reaches(pixel0, rowTaps, columnTaps);
  let first0 = ((pixel0.image * 6u + pixel0.row * 1u - 1u) * 5u + pixel0.column * 1u - 1u) * 2u;
  let pixel1 = pixelAt(tile + 4u * loadPixels + 1u);
  let taps1 = reaches(pixel1, rowTaps, columnTaps);
  let first1 = ((pixel1.image * 6u + pixel1.row * 1u - 1u) * 5u + pixel1.column * 1u - 1u) * 2u;
  let pixel2 = pixelAt(tile + 4u * loadPixels + 2u);
  let taps2 = reaches(pixel2, rowTaps, columnTaps);
  let first2 = ((pixel2.image * 6u + pixel2.row * 1u - 1u) * 5u + pixel2.column * 1u - 1u) * 2u;
  let pixel3 = pixelAt(tile + 4u * loadPixels + 3u);
  let taps3 = reaches(pixel3, rowTaps, columnTaps);
  let first3 = ((pixel3.image * 6u + pixel3.row * 1u - 1u) * 5u + pixel3.column * 1u - 1u) * 2u;
  let down = local / 8u;
  let across = local % 8u;
  var sum0_0 = vec4f();
  var sum0_1 = vec4f();
  var sum1_0 = vec4f();
  var sum1_1 = vec4f();
  var sum2_0 = vec4f();
  var sum2_1 = vec4f();
  var sum3_0 = vec4f();
  var sum3_1 = vec4f();
  var sum4_0 = vec4f();
  var sum4_1 = vec4f();
  var sum5_0 = vec4f();
  var sum5_1 = vec4f();
  var sum6_0 = vec4f();
  var sum6_1 = vec4f();
  var sum7_0 = vec4f();
  var sum7_1 = vec4f();

  for (var first = 0u; first < quads; first += 4u) {
    let quad = first + loadQuad;
    let tap = quad / 2u;
    let offset = (tap / columnTaps * 5u + tap % columnTaps) * 2u + quad % 2u;
    let v0 = select(vec4f(), source[first0 + offset], (taps0 >> tap & 1u) != 0u);
    let v1 = select(vec4f(), source[first1 + offset], (taps1 >> tap & 1u) != 0u);
    let v2 = select(vec4f(), source[first2 + offset], (taps2 >> tap & 1u) != 0u);
    let v3 = select(vec4f(), source[first3 + offset], (taps3 >> tap & 1u) != 0u);
    let weight0 = filters[filterRow(p, q, min(4u * first + weightRow + 0u, 4u * quads - 1u)) * 16u + weightColumn];
    let weight1 = filters[filterRow(p, q, min(4u * first + weightRow + 1u, 4u * quads - 1u)) * 16u + weightColumn];
    let weight2 = filters[filterRow(p, q, min(4u * first + weightRow + 2u, 4u * quads - 1u)) * 16u + weightColumn];
    let weight3 = filters[filterRow(p, q, min(4u * first + weightRow + 3u, 4u * quads - 1u)) * 16u + weightColumn];
    left[0][loadQuad][loadPixels] = vec4f(vec4f(v0[0], v1[0], v2[0], v3[0]));
    left[1][loadQuad][loadPixels] = vec4f(vec4f(v0[1], v1[1], v2[1], v3[1]));
    left[2][loadQuad][loadPixels] = vec4f(vec4f(v0[2], v1[2], v2[2], v3[2]));
    left[3][loadQuad][loadPixels] = vec4f(vec4f(v0[3], v1[3], v2[3], v3[3]));
    right[0][weightSet][local % 16u] = weight0;
    right[1][weightSet][local % 16u] = weight1;
    right[2][weightSet][local % 16u] = weight2;
    right[3][weightSet][local % 16u] = weight3;
    workgroupBarrier();
    let l0_0 = vec4f(left[0][0][down + 0u]);
    let l0_1 = vec4f(left[0][0][down + 8u]);
    let r0_0 = vec4f(right[0][0][across + 0u]);
    let r0_1 = vec4f(right[0][0][across + 8u]);
    sum0_0 = fma(vec4f(l0_0[0]), r0_0, sum0_0);
    sum0_1 = fma(vec4f(l0_0[0]), r0_1, sum0_1);
    sum1_0 = fma(vec4f(l0_0[1]), r0_0, sum1_0);
    sum1_1 = fma(vec4f(l0_0[1]), r0_1, sum1_1);
    sum2_0 = fma(vec4f(l0_0[2]), r0_0, sum2_0);
    sum2_1 = fma(vec4f(l0_0[2]), r0_1, sum2_1);
    sum3_0 = fma(vec4f(l0_0[3]), r0_0, sum3_0);
    sum3_1 = fma(vec4f(l0_0[3]), r0_1, sum3_1);
    sum4_0 = fma(vec4f(l0_1[0]), r0_0, sum4_0);
    sum4_1 = fma(vec4f(l0_1[0]), r0_1, sum4_1);
    sum5_0 = fma(vec4f(l0_1[1]), r0_0, sum5_0);
    sum5_1 = fma(vec4f(l0_1[1]), r0_1, sum5_1);
    sum6_0 = fma(vec4f(l0_1[2]), r0_0, sum6_0);
    sum6_1 = fma(vec4f(l0_1[2]), r0_1, sum6_1);
    sum7_0 = fma(vec4f(l0_1[3]), r0_0, sum7_0);
    sum7_1 = fma(vec4f(l0_1[3]), r0_1, sum7_1);
    let l1_0 = vec4f(left[1][0][down + 0u]);
    let l1_1 = vec4f(left[1][0][down + 8u]);
    let r1_0 = vec4f(right[1][0][across + 0u]);
    let r1_1 = vec4f(right[1][0][across + 8u]);
    sum0_0 = fma(vec4f(l1_0[0]), r1_0, sum0_0);
    sum0_1 = fma(vec4f(l1_0[0]), r1_1, sum0_1);
    sum1_0 = fma(vec4f(l1_0[1]), r1_0, sum1_0);
    sum1_1 = fma(vec4f(l1_0[1]), r1_1, sum1_1);
    sum2_0 = fma(vec4f(l1_0[2]), r1_0, sum2_0);
    sum2_1 = fma(vec4f(l1_0[2]), r1_1, sum2_1);
    sum3_0 = fma(vec4f(l1_0[3]), r1_0, sum3_0);
    sum3_1 = fma(vec4f(l1_0[3]), r1_1, sum3_1);
    sum4_0 = fma(vec4f(l1_1[0]), r1_0, sum4_0);
    sum4_1 = fma(vec4f(l1_1[0]), r1_1, sum4_1);
    sum5_0 = fma(vec4f(l1_1[1]), r1_0, sum5_0);
    sum5_1 = fma(vec4f(l1_1[1]), r1_1, sum5_1);
    sum6_0 = fma(vec4f(l1_1[2]), r1_0, sum6_0);
    sum6_1 = fma(vec4f(l1_1[2]), r1_1, sum6_1);
    sum7_0 = fma(vec4f(l1_1[3]), r1_0, sum7_0);
    sum7_1 = fma(vec4f(l1_1[3]), r1_1, sum7_1);
    let l2_0 = vec4f(left[2][0][down + 0u]);
    let l2_1 = vec4f(left[2][0][down + 8u]);
    let r2_0 = vec4f(right[2][0][across + 0u]);
    let r2_1 = vec4f(right[2][0][across + 8u]);
    sum0_0 = fma(vec4f(l2_0[0]), r2_0, sum0_0);
    sum0_1 = fma(vec4f(l2_0[0]), r2_1, sum0_1);
    sum1_0 = fma(vec4f(l2_0[1]), r2_0, sum1_0);
    sum1_1 = fma(vec4f(l2_0[1]), r2_1, sum1_1);
    sum2_0 = fma(vec4f(l2_0[2]), r2_0, sum2_0);
    sum2_1 = fma(vec4f(l2_0[2]), r2_1, sum2_1);
    sum3_0 = fma(vec4f(l2_0[3]), r2_0, sum3_0);
    sum3_1 = fma(vec4f(l2_0[3]), r2_1, sum3_1);
    sum4_0 = fma(vec4f(l2_1[0]), r2_0, sum4_0);
    sum4_1 = fma(vec4f(l2_1[0]), r2_1, sum4_1);
    sum5_0 = fma(vec4f(l2_1[1]), r2_0, sum5_0);
    sum5_1 = fma(vec4f(l2_1[1]), r2_1, sum5_1);
    sum6_0 = fma(vec4f(l2_1[2]), r2_0, sum6_0);
    sum6_1 = fma(vec4f(l2_1[2]), r2_1, sum6_1);
    sum7_0 = fma(vec4f(l2_1[3]), r2_0, sum7_0);
    sum7_1 = fma(vec4f(l2_1[3]), r2_1, sum7_1);
    let l3_0 = vec4f(left[3][0][down + 0u]);
    let l3_1 = vec4f(left[3][0][down + 8u]);
    let r3_0 = vec4f(right[3][0][across + 0u]);
    let r3_1 = vec4f(right[3][0][across + 8u]);
    sum0_0 = fma(vec4f(l3_0[0]), r3_0, sum0_0);
    sum0_1 = fma(vec4f(l3_0[0]), r3_1, sum0_1);
    sum1_0 = fma(vec4f(l3_0[1]), r3_0, sum1_0);
    sum1_1 = fma(vec4f(l3_0[1]), r3_1, sum1_1);
    sum2_0 = fma(vec4f(l3_0[2]), r3_0, sum2_0);
    sum2_1 = fma(vec4f(l3_0[2]), r3_1, sum2_1);
    sum3_0 = fma(vec4f(l3_0[3]), r3_0, sum3_0);
    sum3_1 = fma(vec4f(l3_0[3]), r3_1, sum3_1);
    sum4_0 = fma(vec4f(l3_1[0]), r3_0, sum4_0);
    sum4_1 = fma(vec4f(l3_1[0]), r3_1, sum4_1);
    sum5_0 = fma(vec4f(l3_1[1]), r3_0, sum5_0);
    sum5_1 = fma(vec4f(l3_1[1]), r3_1, sum5_1);
    sum6_0 = fma(vec4f(l3_1[2]), r3_0, sum6_0);
    sum6_1 = fma(vec4f(l3_1[2]), r3_1, sum6_1);
    sum7_0 = fma(vec4f(l3_1[3]), r3_0, sum7_0);
    sum7_1 = fma(vec4f(l3_1[3]), r3_1, sum7_1);
    let l4_0 = vec4f(left[0][1][down + 0u]);
    let l4_1 = vec4f(left[0][1][down + 8u]);
    let r4_0 = vec4f(right[0][1][across + 0u]);
    let r4_1 = vec4f(right[0][1][across + 8u]);
    sum0_0 = fma(vec4f(l4_0[0]), r4_0, sum0_0);
    sum0_1 = fma(vec4f(l4_0[0]), r4_1, sum0_1);
    sum1_0 = fma(vec4f(l4_0[1]), r4_0, sum1_0);
    sum1_1 = fma(vec4f(l4_0[1]), r4_1, sum1_1);
    sum2_0 = fma(vec4f(l4_0[2]), r4_0, sum2_0);
    sum2_1 = fma(vec4f(l4_0[2]), r4_1, sum2_1);
    sum3_0 = fma(vec4f(l4_0[3]), r4_0, sum3_0);
    sum3_1 = fma(vec4f(l4_0[3]), r4_1, sum3_1);
    sum4_0 = fma(vec4f(l4_1[0]), r4_0, sum4_0);
    sum4_1 = fma(vec4f(l4_1[0]), r4_1, sum4_1);
    sum5_0 = fma(vec4f(l4_1[1]), r4_0, sum5_0);
    sum5_1 = fma(vec4f(l4_1[1]), r4_1, sum5_1);
    sum6_0 = fma(vec4f(l4_1[2]), r4_0, sum6_0);
    sum6_1 = fma(vec4f(l4_1[2]), r4_1, sum6_1);
    sum7_0 = fma(vec4f(l4_1[3]), r4_0, sum7_0);
    sum7_1 = fma(vec4f(l4_1[3]), r4_1, sum7_1);
    let l5_0 = vec4f(left[1][1][down + 0u]);
    let l5_1 = vec4f(left[1][1][down + 8u]);
    let r5_0 = vec4f(right[1][1][across + 0u]);
    let r5_1 = vec4f(right[1][1][across + 8u]);
    sum0_0 = fma(vec4f(l5_0[0]), r5_0, sum0_0);
    sum0_1 = fma(vec4f(l5_0[0]), r5_1, sum0_1);
    sum1_0 = fma(vec4f(l5_0[1]), r5_0, sum1_0);
    sum1_1 = fma(vec4f(l5_0[1]), r5_1, sum1_1);
    sum2_0 = fma(vec4f(l5_0[2]), r5_0, sum2_0);
    sum2_1 = fma(vec4f(l5_0[2]), r5_1, sum2_1);
    sum3_0 = fma(vec4f(l5_0[3]), r5_0, sum3_0);
    sum3_1 = fma(vec4f(l5_0[3]), r5_1, sum3_1);
    sum4_0 = fma(vec4f(l5_1[0]), r5_0, sum4_0);
    sum4_1 = fma(vec4f(l5_1[0]), r5_1, sum4_1);
    sum5_0 = fma(vec4f(l5_1[1]), r5_0, sum5_0);
    sum5_1 = fma(vec4f(l5_1[1]), r5_1, sum5_1);
    sum6_0 = fma(vec4f(l5_1[2]), r5_0, sum6_0);
    sum6_1 = fma(vec4f(l5_1[2]), r5_1, sum6_1);
    sum7_0 = fma(vec4f(l5_1[3]), r5_0, sum7_0);
    sum7_1 = fma(vec4f(l5_1[3]), r5_1, sum7_1);
    let l6_0 = vec4f(left[2][1][down + 0u]);
    let l6_1 = vec4f(left[2][1][down + 8u]);
    let r6_0 = vec4f(right[2][1][across + 0u]);
    let r6_1 = vec4f(right[2][1][across + 8u]);
    sum0_0 = fma(vec4f(l6_0[0]), r6_0, sum0_0);
    sum0_1 = fma(vec4f(l6_0[0]), r6_1, sum0_1);
    sum1_0 = fma(vec4f(l6_0[1]), r6_0, sum1_0);
    sum1_1 = fma(vec4f(l6_0[1]), r6_1, sum1_1);
    sum2_0 = fma(vec4f(l6_0[2]), r6_0, sum2_0);
    sum2_1 = fma(vec4f(l6_0[2]), r6_1, sum2_1);
    sum3_0 = fma(vec4f(l6_0[3]), r6_0, sum3_0);
    sum3_1 = fma(vec4f(l6_0[3]), r6_1, sum3_1);
    sum4_0 = fma(vec4f(l6_1[0]), r6_0, sum4_0);
    sum4_1 = fma(vec4f(l6_1[0]), r6_1, sum4_1);
    sum5_0 = fma(vec4f(l6_1[1]), r6_0, sum5_0);
    sum5_1 = fma(vec4f(l6_1[1]), r6_1, sum5_1);
    sum6_0 = fma(vec4f(l6_1[2]), r6_0, sum6_0);
    sum6_1 = fma(vec4f(l6_1[2]), r6_1, sum6_1);
    sum7_0 = fma(vec4f(l6_1[3]), r6_0, sum7_0);
    sum7_1 = fma(vec4f(l6_1[3]), r6_1, sum7_1);
    let l7_0 = vec4f(left[3][1][down + 0u]);
    let l7_1 = vec4f(left[3][1][down + 8u]);
    let r7_0 = vec4f(right[3][1][across + 0u]);
    let r7_1 = vec4f(right[3][1][across + 8u]);
    sum0_0 = fma(vec4f(l7_0[0]), r7_0, sum0_0);
    sum0_1 = fma(vec4f(l7_0[0]), r7_1, sum0_1);
    sum1_0 = fma(vec4f(l7_0[1]), r7_0, sum1_0);
    sum1_1 = fma(vec4f(l7_0[1]), r7_1, sum1_1);
    sum2_0 = fma(vec4f(l7_0[2]), r7_0, sum2_0);
    sum2_1 = fma(vec4f(l7_0[2]), r7_1, sum2_1);
    sum3_0 = fma(vec4f(l7_0[3]), r7_0, sum3_0);
    sum3_1 = fma(vec4f(l7_0[3]), r7_1, sum3_1);
    sum4_0 = fma(vec4f(l7_1[0]), r7_0, sum4_0);
    sum4_1 = fma(vec4f(l7_1[0]), r7_1, sum4_1);
    sum5_0 = fma(vec4f(l7_1[1]), r7_0, sum5_0);
    sum5_1 = fma(vec4f(l7_1[1]), r7_1, sum5_1);
    sum6_0 = fma(vec4f(l7_1[2]), r7_0, sum6_0);
    sum6_1 = fma(vec4f(l7_1[2]), r7_1, sum6_1);
    sum7_0 = fma(vec4f(l7_1[3]), r7_0, sum7_0);
    sum7_1 = fma(vec4f(l7_1[3]), r7_1, sum7_1);
    let l8_0 = vec4f(left[0][2][down + 0u]);
    let l8_1 = vec4f(left[0][2][down + 8u]);
    let r8_0 = vec4f(right[0][2][across + 0u]);
    let r8_1 = vec4f(right[0][2][across + 8u]);
    sum0_0 = fma(vec4f(l8_0[0]), r8_0, sum0_0);
    sum0_1 = fma(vec4f(l8_0[0]), r8_1, sum0_1);
    sum1_0 = fma(vec4f(l8_0[1]), r8_0, sum1_0);
    sum1_1 = fma(vec4f(l8_0[1]), r8_1, sum1_1);
    sum2_0 = fma(vec4f(l8_0[2]), r8_0, sum2_0);
    sum2_1 = fma(vec4f(l8_0[2]), r8_1, sum2_1);
    sum3_0 = fma(vec4f(l8_0[3]), r8_0, sum3_0);
    sum3_1 = fma(vec4f(l8_0[3]), r8_1, sum3_1);
    sum4_0 = fma(vec4f(l8_1[0]), r8_0, sum4_0);
    sum4_1 = fma(vec4f(l8_1[0]), r8_1, sum4_1);
    sum5_0 = fma(vec4f(l8_1[1]), r8_0, sum5_0);
    sum5_1 = fma(vec4f(l8_1[1]), r8_1, sum5_1);
    sum6_0 = fma(vec4f(l8_1[2]), r8_0, sum6_0);
    sum6_1 = fma(vec4f(l8_1[2]), r8_1, sum6_1);
    sum7_0 = fma(vec4f(l8_1[3]), r8_0, sum7_0);
    sum7_1 = fma(vec4f(l8_1[3]), r8_1, sum7_1);
    let l9_0 = vec4f(left[1][2][down + 0u]);
    let l9_1 = vec4f(left[1][2][down + 8u]);
    let r9_0 = vec4f(right[1][2][across + 0u]);
    let r9_1 = vec4f(right[1][2][across + 8u]);
    sum0_0 = fma(vec4f(l9_0[0]), r9_0, sum0_0);
    sum0_1 = fma(vec4f(l9_0[0]), r9_1, sum0_1);
    sum1_0 = fma(vec4f(l9_0[1]), r9_0, sum1_0);
    sum1_1 = fma(vec4f(l9_0[1]), r9_1, sum1_1);
    sum2_0 = fma(vec4f(l9_0[2]), r9_0, sum2_0);
    sum2_1 = fma(vec4f(l9_0[2]), r9_1, sum2_1);
    sum3_0 = fma(vec4f(l9_0[3]), r9_0, sum3_0);
    sum3_1 = fma(vec4f(l9_0[3]), r9_1, sum3_1);
    sum4_0 = fma(vec4f(l9_1[0]), r9_0, sum4_0);
    sum4_1 = fma(vec4f(l9_1[0]), r9_1, sum4_1);
    sum5_0 = fma(vec4f(l9_1[1]), r9_0, sum5_0);
    sum5_1 = fma(vec4f(l9_1[1]), r9_1, sum5_1);
    sum6_0 = fma(vec4f(l9_1[2]), r9_0, sum6_0);
    sum6_1 = fma(vec4f(l9_1[2]), r9_1, sum6_1);
    sum7_0 = fma(vec4f(l9_1[3]), r9_0, sum7_0);
    sum7_1 = fma(vec4f(l9_1[3]), r9_1, sum7_1);
    let l10_0 = vec4f(left[2][2][down + 0u]);
    let l10_1 = vec4f(left[2][2][down + 8u]);
    let r10_0 = vec4f(right[2][2][across + 0u]);
    let r10_1 = vec4f(right[2][2][across + 8u]);
    sum0_0 = fma(vec4f(l10_0[0]), r10_0, sum0_0);
    sum0_1 = fma(vec4f(l10_0[0]), r10_1, sum0_1);
    sum1_0 = fma(vec4f(l10_0[1]), r10_0, sum1_0);
    sum1_1 = fma(vec4f(l10_0[1]), r10_1, sum1_1);
    sum2_0 = fma(vec4f(l10_0[2]), r10_0, sum2_0);
    sum2_1 = fma(vec4f(l10_0[2]), r10_1, sum2_1);
    sum3_0 = fma(vec4f(l10_0[3]), r10_0, sum3_0);
    sum3_1 = fma(vec4f(l10_0[3]), r10_1, sum3_1);
    sum4_0 = fma(vec4f(l10_1[0]), r10_0, sum4_0);
    sum4_1 = fma(vec4f(l10_1[0]), r10_1, sum4_1);
    sum5_0 = fma(vec4f(l10_1[1]), r10_0, sum5_0);
    sum5_1 = fma(vec4f(l10_1[1]), r10_1, sum5_1);
    sum6_0 = fma(vec4f(l10_1[2]), r10_0, sum6_0);
    sum6_1 = fma(vec4f(l10_1[2]), r10_1, sum6_1);
    sum7_0 = fma(vec4f(l10_1[3]), r10_0, sum7_0);
    sum7_1 = fma(vec4f(l10_1[3]), r10_1, sum7_1);
    let l11_0 = vec4f(left[3][2][down + 0u]);
    let l11_1 = vec4f(left[3][2][down + 8u]);
    let r11_0 = vec4f(right[3][2][across + 0u]);
    let r11_1 = vec4f(right[3][2][across + 8u]);
    sum0_0 = fma(vec4f(l11_0[0]), r11_0, sum0_0);
    sum0_1 = fma(vec4f(l11_0[0]), r11_1, sum0_1);
    sum1_0 = fma(vec4f(l11_0[1]), r11_0, sum1_0);
    sum1_1 = fma(vec4f(l11_0[1]), r11_1, sum1_1);
    sum2_0 = fma(vec4f(l11_0[2]), r11_0, sum2_0);
    sum2_1 = fma(vec4f(l11_0[2]), r11_1, sum2_1);
    sum3_0 = fma(vec4f(l11_0[3]), r11_0, sum3_0);
    sum3_1 = fma(vec4f(l11_0[3]), r11_1, sum3_1);
    sum4_0 = fma(vec4f(l11_1[0]), r11_0, sum4_0);
    sum4_1 = fma(vec4f(l11_1[0]), r11_1, sum4_1);
    sum5_0 = fma(vec4f(l11_1[1]), r11_0, sum5_0);
    sum5_1 = fma(vec4f(l11_1[1]), r11_1, sum5_1);
    sum6_0 = fma(vec4f(l11_1[2]), r11_0, sum6_0);
    sum6_1 = fma(vec4f(l11_1[2]), r11_1, sum6_1);
    sum7_0 = fma(vec4f(l11_1[3]), r11_0, sum7_0);
    sum7_1 = fma(vec4f(l11_1[3]), r11_1, sum7_1);
    let l12_0 = vec4f(left[0][3][down + 0u]);
    let l12_1 = vec4f(left[0][3][down + 8u]);
    let r12_0 = vec4f(right[0][3][across + 0u]);
    let r12_1 = vec4f(right[0][3][across + 8u]);
    sum0_0 = fma(vec4f(l12_0[0]), r12_0, sum0_0);
    sum0_1 = fma(vec4f(l12_0[0]), r12_1, sum0_1);
    sum1_0 = fma(vec4f(l12_0[1]), r12_0, sum1_0);
    sum1_1 = fma(vec4f(l12_0[1]), r12_1, sum1_1);
    sum2_0 = fma(vec4f(l12_0[2]), r12_0, sum2_0);
    sum2_1 = fma(vec4f(l12_0[2]), r12_1, sum2_1);
    sum3_0 = fma(vec4f(l12_0[3]), r12_0, sum3_0);
    sum3_1 = fma(vec4f(l12_0[3]), r12_1, sum3_1);
    sum4_0 = fma(vec4f(l12_1[0]), r12_0, sum4_0);
    sum4_1 = fma(vec4f(l12_1[0]), r12_1, sum4_1);
    sum5_0 = fma(vec4f(l12_1[1]), r12_0, sum5_0);
    sum5_1 = fma(vec4f(l12_1[1]), r12_1, sum5_1);
    sum6_0 = fma(vec4f(l12_1[2]), r12_0, sum6_0);
    sum6_1 = fma(vec4f(l12_1[2]), r12_1, sum6_1);
    sum7_0 = fma(vec4f(l12_1[3]), r12_0, sum7_0);
    sum7_1 = fma(vec4f(l12_1[3]), r12_1, sum7_1);
    let l13_0 = vec4f(left[1][3][down + 0u]);
    let l13_1 = vec4f(left[1][3][down + 8u]);
    let r13_0 = vec4f(right[1][3][across + 0u]);
    let r13_1 = vec4f(right[1][3][across + 8u]);
    sum0_0 = fma(vec4f(l13_0[0]), r13_0, sum0_0);
    sum0_1 = fma(vec4f(l13_0[0]), r13_1, sum0_1);
    sum1_0 = fma(vec4f(l13_0[1]), r13_0, sum1_0);
    sum1_1 = fma(vec4f(l13_0[1]), r13_1, sum1_1);
    sum2_0 = fma(vec4f(l13_0[2]), r13_0, sum2_0);
    sum2_1 = fma(vec4f(l13_0[2]), r13_1, sum2_1);
    sum3_0 = fma(vec4f(l13_0[3]), r13_0, sum3_0);
    sum3_1 = fma(vec4f(l13_0[3]), r13_1, sum3_1);
    sum4_0 = fma(vec4f(l13_1[0]), r13_0, sum4_0);
    sum4_1 = fma(vec4f(l13_1[0]), r13_1, sum4_1);
    sum5_0 = fma(vec4f(l13_1[1]), r13_0, sum5_0);
    sum5_1 = fma(vec4f(l13_1[1]), r13_1, sum5_1);
    sum6_0 = fma(vec4f(l13_1[2]), r13_0, sum6_0);
    sum6_1 = fma(vec4f(l13_1[2]), r13_1, sum6_1);
    sum7_0 = fma(vec4f(l13_1[3]), r13_0, sum7_0);
    sum7_1 = fma(vec4f(l13_1[3]), r13_1, sum7_1);
    let l14_0 = vec4f(left[2][3][down + 0u]);
    let l14_1 = vec4f(left[2][3][down + 8u]);
    let r14_0 = vec4f(right[2][3][across + 0u]);
    let r14_1 = vec4f(right[2][3][across + 8u]);
    sum0_0 = fma(vec4f(l14_0[0]), r14_0, sum0_0);
    sum0_1 = fma(vec4f(l14_0[0]), r14_1, sum0_1);
    sum1_0 = fma(vec4f(l14_0[1]), r14_0, sum1_0);
    sum1_1 = fma(vec4f(l14_0[1]), r14_1, sum1_1);
    sum2_0 = fma(vec4f(l14_0[2]), r14_0, sum2_0);
    sum2_1 = fma(vec4f(l14_0[2]), r14_1, sum2_1);
    sum3_0 = fma(vec4f(l14_0[3]), r14_0, sum3_0);
    sum3_1 = fma(vec4f(l14_0[3]), r14_1, sum3_1);
    sum4_0 = fma(vec4f(l14_1[0]), r14_0, sum4_0);
    sum4_1 = fma(vec4f(l14_1[0]), r14_1, sum4_1);
    sum5_0 = fma(vec4f(l14_1[1]), r14_0, sum5_0);
    sum5_1 = fma(vec4f(l14_1[1]), r14_1, sum5_1);
    sum6_0 = fma(vec4f(l14_1[2]), r14_0, sum6_0);
    sum6_1 = fma(vec4f(l14_1[2]), r14_1, sum6_1);
    sum7_0 = fma(vec4f(l14_1[3]), r14_0, sum7_0);
    sum7_1 = fma(vec4f(l14_1[3]), r14_1, sum7_1);
    let l15_0 = vec4f(left[3][3][down + 0u]);
    let l15_1 = vec4f(left[3][3][down + 8u]);
    let r15_0 = vec4f(right[3][3][across + 0u]);
    let r15_1 = vec4f(right[3][3][across + 8u]);
    sum0_0 = fma(vec4f(l15_0[0]), r15_0, sum0_0);
    sum0_1 = fma(vec4f(l15_0[0]), r15_1, sum0_1);
    sum1_0 = fma(vec4f(l15_0[1]), r15_0, sum1_0);
    sum1_1 = fma(vec4f(l15_0[1]), r15_1, sum1_1);
    sum2_0 = fma(vec4f(l15_0[2]), r15_0, sum2_0);
    sum2_1 = fma(vec4f(l15_0[2]), r15_1, sum2_1);
    sum3_0 = fma(vec4f(l15_0[3]), r15_0, sum3_0);
    sum3_1 = fma(vec4f(l15_0[3]), r15_1, sum3_1);
    sum4_0 = fma(vec4f(l15_1[0]), r15_0, sum4_0);
    sum4_1 = fma(vec4f(l15_1[0]), r15_1, sum4_1);
    sum5_0 = fma(vec4f(l15_1[1]), r15_0, sum5_0);
    sum5_1 = fma(vec4f(l15_1[1]), r15_1, sum5_1);
    sum6_0 = fma(vec4f(l15_1[2]), r15_0, sum6_0);
    sum6_1 = fma(vec4f(l15_1[2]), r15_1, sum6_1);
    sum7_0 = fma(vec4f(l15_1[3]), r15_0, sum7_0);
    sum7_1 = fma(vec4f(l15_1[3]), r15_1, sum7_1);
    workgroupBarrier();
  }

  store(p, q, tile + 4u * down + 0u, block * 64u + 4u * across, sum0_0, sum0_1);
  store(p, q, tile + 4u * down + 1u, block * 64u + 4u * across, sum1_0, sum1_1);
  store(p, q, tile + 4u * down + 2u, block * 64u + 4u * across, sum2_0, sum2_1);
  store(p, q, tile + 4u * down + 3u, block * 64u + 4u * across, sum3_0, sum3_1);
  store(p, q, tile + 4u * down + 32u, block * 64u + 4u * across, sum4_0, sum4_1);
  store(p, q, tile + 4u * down + 33u, block * 64u + 4u * across, sum5_0, sum5_1);
  store(p, q, tile + 4u * down + 34u, block * 64u + 4u * across, sum6_0, sum6_1);
  store(p, q, tile + 4u * down + 35u, block * 64u + 4u * across, sum7_0, sum7_1);
}

fn store(p: u32, q: u32, index: u32, channel: u32, low: vec4f, high: vec4f) {
  let pixel = pixelAt(index);
  let row = pixel.row * 1u + p;
  let column = pixel.column * 1u + q;
  if (pixel.image >= 2u || row >= 6u || column >= 5u) { return; }
  let at = (pixel.image * 6u + row) * 5u + column;
  if (channel < 12u) { finish(at, channel, low); }
  if (channel + 32u < 12u) { finish(at, channel + 32u, high); }
}
