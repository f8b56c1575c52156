// scratch []

// forward filter to f16 rows, 2×6×5 7→12 3×3/1
// bindings read=input 0, write=output 0
// grid 18×1×1, cost {"flops":0,"bytesRead":3024,"bytesWritten":9216,"workgroupMemory":0}
enable f16;
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 7u && channel + i < 12u) { value[i] = hwio[(tap * 7u + k) * 12u + channel + i]; }
  }
  return value;
}
@group(0) @binding(1) var<storage, read_write> packed: array<vec4h>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = group.x * 64u + local;
  if (at >= 1152u) { return; }
  let row = at / 16u;
  packed[at] = vec4h(filterQuad(row / 8u, row % 8u, at % 16u * 4u));
}

// scratch []

// forward 2×4×4 from buffers, 2×6×5 7→12 3×3/1
// bindings read=input 0, read=input 1, read=input 2, read=input 3, write=output 0
// grid 2×1×1, cost {"flops":90720,"bytesRead":67968,"bytesWritten":2880,"workgroupMemory":0}
enable f16;
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> filters: array<vec4h>;

fn load_source(image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let down = (row - 1u) * 1u;
  let right = (column - 1u) * 1u;
  let pixel = (image * 6u + min(down, 5u)) * 5u + min(right, 4u);
  let inside = down < 6u && right < 5u;
  return select(vec4f(), vec4f(select(0.0, source[pixel * 7u + min(4u * vector + 0u, 6u)], 4u * vector + 0u < 7u), select(0.0, source[pixel * 7u + min(4u * vector + 1u, 6u)], 4u * vector + 1u < 7u), select(0.0, source[pixel * 7u + min(4u * vector + 2u, 6u)], 4u * vector + 2u < 7u), select(0.0, source[pixel * 7u + min(4u * vector + 3u, 6u)], 4u * vector + 3u < 7u)), inside);
}
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

fn compute0(p: u32, image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * 1u;
  let x = column * 1u;
  
  var sum0_0_0 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_3_0 = vec4f();
  var sum1_0_0 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_2_0 = vec4f();
  var sum1_3_0 = vec4f();
  for (var t = 0u; t < 3u; t++) {
    let tap = (0u + t * 1u) * 3u;
    for (var d = 0u; d < 2u; d++) {
      let source0_0 = load_source(image, y + 0u + t, x + 0u, d);
      let source0_1 = load_source(image, y + 0u + t, x + 1u, d);
      let source0_2 = load_source(image, y + 0u + t, x + 2u, d);
      let source0_3 = load_source(image, y + 0u + t, x + 3u, d);
      let source1_0 = load_source(image, y + 1u + t, x + 0u, d);
      let source1_1 = load_source(image, y + 1u + t, x + 1u, d);
      let source1_2 = load_source(image, y + 1u + t, x + 2u, d);
      let source1_3 = load_source(image, y + 1u + t, x + 3u, d);
      let weights0_0_0 = vec4f(filters[((tap + 0u) * 8u + 4u * d + 0u) * 16u + (block + 0u) * 4u + lane]);
      let weights0_0_1 = vec4f(filters[((tap + 0u) * 8u + 4u * d + 1u) * 16u + (block + 0u) * 4u + lane]);
      let weights0_0_2 = vec4f(filters[((tap + 0u) * 8u + 4u * d + 2u) * 16u + (block + 0u) * 4u + lane]);
      let weights0_0_3 = vec4f(filters[((tap + 0u) * 8u + 4u * d + 3u) * 16u + (block + 0u) * 4u + lane]);
      sum0_0_0 = fma(vec4f(source0_0[3]), weights0_0_3, fma(vec4f(source0_0[2]), weights0_0_2, fma(vec4f(source0_0[1]), weights0_0_1, fma(vec4f(source0_0[0]), weights0_0_0, sum0_0_0))));
      sum0_1_0 = fma(vec4f(source0_1[3]), weights0_0_3, fma(vec4f(source0_1[2]), weights0_0_2, fma(vec4f(source0_1[1]), weights0_0_1, fma(vec4f(source0_1[0]), weights0_0_0, sum0_1_0))));
      sum0_2_0 = fma(vec4f(source0_2[3]), weights0_0_3, fma(vec4f(source0_2[2]), weights0_0_2, fma(vec4f(source0_2[1]), weights0_0_1, fma(vec4f(source0_2[0]), weights0_0_0, sum0_2_0))));
      sum0_3_0 = fma(vec4f(source0_3[3]), weights0_0_3, fma(vec4f(source0_3[2]), weights0_0_2, fma(vec4f(source0_3[1]), weights0_0_1, fma(vec4f(source0_3[0]), weights0_0_0, sum0_3_0))));
      sum1_0_0 = fma(vec4f(source1_0[3]), weights0_0_3, fma(vec4f(source1_0[2]), weights0_0_2, fma(vec4f(source1_0[1]), weights0_0_1, fma(vec4f(source1_0[0]), weights0_0_0, sum1_0_0))));
      sum1_1_0 = fma(vec4f(source1_1[3]), weights0_0_3, fma(vec4f(source1_1[2]), weights0_0_2, fma(vec4f(source1_1[1]), weights0_0_1, fma(vec4f(source1_1[0]), weights0_0_0, sum1_1_0))));
      sum1_2_0 = fma(vec4f(source1_2[3]), weights0_0_3, fma(vec4f(source1_2[2]), weights0_0_2, fma(vec4f(source1_2[1]), weights0_0_1, fma(vec4f(source1_2[0]), weights0_0_0, sum1_2_0))));
      sum1_3_0 = fma(vec4f(source1_3[3]), weights0_0_3, fma(vec4f(source1_3[2]), weights0_0_2, fma(vec4f(source1_3[1]), weights0_0_1, fma(vec4f(source1_3[0]), weights0_0_0, sum1_3_0))));
      let source0_4 = load_source(image, y + 0u + t, x + 4u, d);
      let source1_4 = load_source(image, y + 1u + t, x + 4u, d);
      let weights1_0_0 = vec4f(filters[((tap + 1u) * 8u + 4u * d + 0u) * 16u + (block + 0u) * 4u + lane]);
      let weights1_0_1 = vec4f(filters[((tap + 1u) * 8u + 4u * d + 1u) * 16u + (block + 0u) * 4u + lane]);
      let weights1_0_2 = vec4f(filters[((tap + 1u) * 8u + 4u * d + 2u) * 16u + (block + 0u) * 4u + lane]);
      let weights1_0_3 = vec4f(filters[((tap + 1u) * 8u + 4u * d + 3u) * 16u + (block + 0u) * 4u + lane]);
      sum0_0_0 = fma(vec4f(source0_1[3]), weights1_0_3, fma(vec4f(source0_1[2]), weights1_0_2, fma(vec4f(source0_1[1]), weights1_0_1, fma(vec4f(source0_1[0]), weights1_0_0, sum0_0_0))));
      sum0_1_0 = fma(vec4f(source0_2[3]), weights1_0_3, fma(vec4f(source0_2[2]), weights1_0_2, fma(vec4f(source0_2[1]), weights1_0_1, fma(vec4f(source0_2[0]), weights1_0_0, sum0_1_0))));
      sum0_2_0 = fma(vec4f(source0_3[3]), weights1_0_3, fma(vec4f(source0_3[2]), weights1_0_2, fma(vec4f(source0_3[1]), weights1_0_1, fma(vec4f(source0_3[0]), weights1_0_0, sum0_2_0))));
      sum0_3_0 = fma(vec4f(source0_4[3]), weights1_0_3, fma(vec4f(source0_4[2]), weights1_0_2, fma(vec4f(source0_4[1]), weights1_0_1, fma(vec4f(source0_4[0]), weights1_0_0, sum0_3_0))));
      sum1_0_0 = fma(vec4f(source1_1[3]), weights1_0_3, fma(vec4f(source1_1[2]), weights1_0_2, fma(vec4f(source1_1[1]), weights1_0_1, fma(vec4f(source1_1[0]), weights1_0_0, sum1_0_0))));
      sum1_1_0 = fma(vec4f(source1_2[3]), weights1_0_3, fma(vec4f(source1_2[2]), weights1_0_2, fma(vec4f(source1_2[1]), weights1_0_1, fma(vec4f(source1_2[0]), weights1_0_0, sum1_1_0))));
      sum1_2_0 = fma(vec4f(source1_3[3]), weights1_0_3, fma(vec4f(source1_3[2]), weights1_0_2, fma(vec4f(source1_3[1]), weights1_0_1, fma(vec4f(source1_3[0]), weights1_0_0, sum1_2_0))));
      sum1_3_0 = fma(vec4f(source1_4[3]), weights1_0_3, fma(vec4f(source1_4[2]), weights1_0_2, fma(vec4f(source1_4[1]), weights1_0_1, fma(vec4f(source1_4[0]), weights1_0_0, sum1_3_0))));
      let source0_5 = load_source(image, y + 0u + t, x + 5u, d);
      let source1_5 = load_source(image, y + 1u + t, x + 5u, d);
      let weights2_0_0 = vec4f(filters[((tap + 2u) * 8u + 4u * d + 0u) * 16u + (block + 0u) * 4u + lane]);
      let weights2_0_1 = vec4f(filters[((tap + 2u) * 8u + 4u * d + 1u) * 16u + (block + 0u) * 4u + lane]);
      let weights2_0_2 = vec4f(filters[((tap + 2u) * 8u + 4u * d + 2u) * 16u + (block + 0u) * 4u + lane]);
      let weights2_0_3 = vec4f(filters[((tap + 2u) * 8u + 4u * d + 3u) * 16u + (block + 0u) * 4u + lane]);
      sum0_0_0 = fma(vec4f(source0_2[3]), weights2_0_3, fma(vec4f(source0_2[2]), weights2_0_2, fma(vec4f(source0_2[1]), weights2_0_1, fma(vec4f(source0_2[0]), weights2_0_0, sum0_0_0))));
      sum0_1_0 = fma(vec4f(source0_3[3]), weights2_0_3, fma(vec4f(source0_3[2]), weights2_0_2, fma(vec4f(source0_3[1]), weights2_0_1, fma(vec4f(source0_3[0]), weights2_0_0, sum0_1_0))));
      sum0_2_0 = fma(vec4f(source0_4[3]), weights2_0_3, fma(vec4f(source0_4[2]), weights2_0_2, fma(vec4f(source0_4[1]), weights2_0_1, fma(vec4f(source0_4[0]), weights2_0_0, sum0_2_0))));
      sum0_3_0 = fma(vec4f(source0_5[3]), weights2_0_3, fma(vec4f(source0_5[2]), weights2_0_2, fma(vec4f(source0_5[1]), weights2_0_1, fma(vec4f(source0_5[0]), weights2_0_0, sum0_3_0))));
      sum1_0_0 = fma(vec4f(source1_2[3]), weights2_0_3, fma(vec4f(source1_2[2]), weights2_0_2, fma(vec4f(source1_2[1]), weights2_0_1, fma(vec4f(source1_2[0]), weights2_0_0, sum1_0_0))));
      sum1_1_0 = fma(vec4f(source1_3[3]), weights2_0_3, fma(vec4f(source1_3[2]), weights2_0_2, fma(vec4f(source1_3[1]), weights2_0_1, fma(vec4f(source1_3[0]), weights2_0_0, sum1_1_0))));
      sum1_2_0 = fma(vec4f(source1_4[3]), weights2_0_3, fma(vec4f(source1_4[2]), weights2_0_2, fma(vec4f(source1_4[1]), weights2_0_1, fma(vec4f(source1_4[0]), weights2_0_0, sum1_2_0))));
      sum1_3_0 = fma(vec4f(source1_5[3]), weights2_0_3, fma(vec4f(source1_5[2]), weights2_0_2, fma(vec4f(source1_5[1]), weights2_0_1, fma(vec4f(source1_5[0]), weights2_0_0, sum1_3_0))));
    }
  }
  if (((column + 0u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 0u) * 1u + p)) * 5u + ((column + 0u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum0_0_0); }
  if (((column + 1u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 0u) * 1u + p)) * 5u + ((column + 1u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum0_1_0); }
  if (((column + 2u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 0u) * 1u + p)) * 5u + ((column + 2u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum0_2_0); }
  if (((column + 3u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 0u) * 1u + p)) * 5u + ((column + 3u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum0_3_0); }
  if (((column + 0u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 1u) * 1u + p)) * 5u + ((column + 0u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum1_0_0); }
  if (((column + 1u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 1u) * 1u + p)) * 5u + ((column + 1u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum1_1_0); }
  if (((column + 2u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 1u) * 1u + p)) * 5u + ((column + 2u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum1_2_0); }
  if (((column + 3u) * 1u + 0u) < 5u) { finish((image * 6u + ((row + 1u) * 1u + p)) * 5u + ((column + 3u) * 1u + 0u), 4u * ((block + 0u) * 4u + lane), sum1_3_0); }
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x;
  let lane = local % 4u;
  let p = index % 1u / 1u;
  let block = index / 1u % 1u * 1u;
  let tile = index / 1u * 8u + local / 4u;
  if (tile >= 12u || block * 4u + lane >= 3u) { return; }
  let image = tile / 6u;
  let row = tile / 2u % 3u * 2u;
  let column = tile % 2u * 4u;
  compute0(p, image, row, column, block, lane);
}
