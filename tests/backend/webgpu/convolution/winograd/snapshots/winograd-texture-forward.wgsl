// scratch []

// winograd forward filter 5→12
// bindings read=input 0, storage-texture=output 0
// grid 1×1×1, cost {"flops":17280,"bytesRead":2160,"bytesWritten":13824,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 5u && channel + i < 12u) { value[i] = hwio[(tap * 5u + k) * 12u + channel + i]; }
  }
  return value;
}
@group(0) @binding(1) var u: texture_storage_2d<rgba32float, write>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 24u) { return; }
  let quad = id % 3u;
  let row = id / 3u;
  let g0 = filterQuad(0u, row, 4u * quad);
  let g1 = filterQuad(1u, row, 4u * quad);
  let g2 = filterQuad(2u, row, 4u * quad);
  let g3 = filterQuad(3u, row, 4u * quad);
  let g4 = filterQuad(4u, row, 4u * quad);
  let g5 = filterQuad(5u, row, 4u * quad);
  let g6 = filterQuad(6u, row, 4u * quad);
  let g7 = filterQuad(7u, row, 4u * quad);
  let g8 = filterQuad(8u, row, 4u * quad);
  let t0_0 = g0;
  let t0_1 = g1;
  let t0_2 = g2;
  let t1_0 = -0.6666666666666666 * g0 - 0.6666666666666666 * g3 - 0.6666666666666666 * g6;
  let t1_1 = -0.6666666666666666 * g1 - 0.6666666666666666 * g4 - 0.6666666666666666 * g7;
  let t1_2 = -0.6666666666666666 * g2 - 0.6666666666666666 * g5 - 0.6666666666666666 * g8;
  let t2_0 = -0.6666666666666666 * g0 + 0.6666666666666666 * g3 - 0.6666666666666666 * g6;
  let t2_1 = -0.6666666666666666 * g1 + 0.6666666666666666 * g4 - 0.6666666666666666 * g7;
  let t2_2 = -0.6666666666666666 * g2 + 0.6666666666666666 * g5 - 0.6666666666666666 * g8;
  let t3_0 = 0.16666666666666666 * g0 + 0.3333333333333333 * g3 + 0.6666666666666666 * g6;
  let t3_1 = 0.16666666666666666 * g1 + 0.3333333333333333 * g4 + 0.6666666666666666 * g7;
  let t3_2 = 0.16666666666666666 * g2 + 0.3333333333333333 * g5 + 0.6666666666666666 * g8;
  let t4_0 = 0.16666666666666666 * g0 - 0.3333333333333333 * g3 + 0.6666666666666666 * g6;
  let t4_1 = 0.16666666666666666 * g1 - 0.3333333333333333 * g4 + 0.6666666666666666 * g7;
  let t4_2 = 0.16666666666666666 * g2 - 0.3333333333333333 * g5 + 0.6666666666666666 * g8;
  let t5_0 = g6;
  let t5_1 = g7;
  let t5_2 = g8;
  textureStore(u, vec2u(0u * 3u + quad, row), t0_0);
  textureStore(u, vec2u(1u * 3u + quad, row), -0.6666666666666666 * t0_0 - 0.6666666666666666 * t0_1 - 0.6666666666666666 * t0_2);
  textureStore(u, vec2u(2u * 3u + quad, row), -0.6666666666666666 * t0_0 + 0.6666666666666666 * t0_1 - 0.6666666666666666 * t0_2);
  textureStore(u, vec2u(3u * 3u + quad, row), 0.16666666666666666 * t0_0 + 0.3333333333333333 * t0_1 + 0.6666666666666666 * t0_2);
  textureStore(u, vec2u(4u * 3u + quad, row), 0.16666666666666666 * t0_0 - 0.3333333333333333 * t0_1 + 0.6666666666666666 * t0_2);
  textureStore(u, vec2u(5u * 3u + quad, row), t0_2);
  textureStore(u, vec2u(6u * 3u + quad, row), t1_0);
  textureStore(u, vec2u(7u * 3u + quad, row), -0.6666666666666666 * t1_0 - 0.6666666666666666 * t1_1 - 0.6666666666666666 * t1_2);
  textureStore(u, vec2u(8u * 3u + quad, row), -0.6666666666666666 * t1_0 + 0.6666666666666666 * t1_1 - 0.6666666666666666 * t1_2);
  textureStore(u, vec2u(9u * 3u + quad, row), 0.16666666666666666 * t1_0 + 0.3333333333333333 * t1_1 + 0.6666666666666666 * t1_2);
  textureStore(u, vec2u(10u * 3u + quad, row), 0.16666666666666666 * t1_0 - 0.3333333333333333 * t1_1 + 0.6666666666666666 * t1_2);
  textureStore(u, vec2u(11u * 3u + quad, row), t1_2);
  textureStore(u, vec2u(12u * 3u + quad, row), t2_0);
  textureStore(u, vec2u(13u * 3u + quad, row), -0.6666666666666666 * t2_0 - 0.6666666666666666 * t2_1 - 0.6666666666666666 * t2_2);
  textureStore(u, vec2u(14u * 3u + quad, row), -0.6666666666666666 * t2_0 + 0.6666666666666666 * t2_1 - 0.6666666666666666 * t2_2);
  textureStore(u, vec2u(15u * 3u + quad, row), 0.16666666666666666 * t2_0 + 0.3333333333333333 * t2_1 + 0.6666666666666666 * t2_2);
  textureStore(u, vec2u(16u * 3u + quad, row), 0.16666666666666666 * t2_0 - 0.3333333333333333 * t2_1 + 0.6666666666666666 * t2_2);
  textureStore(u, vec2u(17u * 3u + quad, row), t2_2);
  textureStore(u, vec2u(18u * 3u + quad, row), t3_0);
  textureStore(u, vec2u(19u * 3u + quad, row), -0.6666666666666666 * t3_0 - 0.6666666666666666 * t3_1 - 0.6666666666666666 * t3_2);
  textureStore(u, vec2u(20u * 3u + quad, row), -0.6666666666666666 * t3_0 + 0.6666666666666666 * t3_1 - 0.6666666666666666 * t3_2);
  textureStore(u, vec2u(21u * 3u + quad, row), 0.16666666666666666 * t3_0 + 0.3333333333333333 * t3_1 + 0.6666666666666666 * t3_2);
  textureStore(u, vec2u(22u * 3u + quad, row), 0.16666666666666666 * t3_0 - 0.3333333333333333 * t3_1 + 0.6666666666666666 * t3_2);
  textureStore(u, vec2u(23u * 3u + quad, row), t3_2);
  textureStore(u, vec2u(24u * 3u + quad, row), t4_0);
  textureStore(u, vec2u(25u * 3u + quad, row), -0.6666666666666666 * t4_0 - 0.6666666666666666 * t4_1 - 0.6666666666666666 * t4_2);
  textureStore(u, vec2u(26u * 3u + quad, row), -0.6666666666666666 * t4_0 + 0.6666666666666666 * t4_1 - 0.6666666666666666 * t4_2);
  textureStore(u, vec2u(27u * 3u + quad, row), 0.16666666666666666 * t4_0 + 0.3333333333333333 * t4_1 + 0.6666666666666666 * t4_2);
  textureStore(u, vec2u(28u * 3u + quad, row), 0.16666666666666666 * t4_0 - 0.3333333333333333 * t4_1 + 0.6666666666666666 * t4_2);
  textureStore(u, vec2u(29u * 3u + quad, row), t4_2);
  textureStore(u, vec2u(30u * 3u + quad, row), t5_0);
  textureStore(u, vec2u(31u * 3u + quad, row), -0.6666666666666666 * t5_0 - 0.6666666666666666 * t5_1 - 0.6666666666666666 * t5_2);
  textureStore(u, vec2u(32u * 3u + quad, row), -0.6666666666666666 * t5_0 + 0.6666666666666666 * t5_1 - 0.6666666666666666 * t5_2);
  textureStore(u, vec2u(33u * 3u + quad, row), 0.16666666666666666 * t5_0 + 0.3333333333333333 * t5_1 + 0.6666666666666666 * t5_2);
  textureStore(u, vec2u(34u * 3u + quad, row), 0.16666666666666666 * t5_0 - 0.3333333333333333 * t5_1 + 0.6666666666666666 * t5_2);
  textureStore(u, vec2u(35u * 3u + quad, row), t5_2);
}

// scratch [{"kind":"buffer","bytes":13824},{"kind":"buffer","bytes":20736}]

// winograd forward input 2×9×8×5
// bindings read=input 0, write=scratch 0
// grid 1×1×1, cost {"flops":36864,"bytesRead":13824,"bytesWritten":13824,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> v: array<vec2f>;

fn load_source(image: u32, row: u32, column: u32, vector: u32) -> vec2f {
  let down = (row - 1u) * 1u;
  let right = (column - 1u) * 1u;
  let pixel = (image * 9u + min(down, 8u)) * 8u + min(right, 7u);
  let inside = down < 9u && right < 8u;
  return select(vec2f(), vec2f(select(0.0, source[pixel * 5u + min(2u * vector + 0u, 4u)], 2u * vector + 0u < 5u), select(0.0, source[pixel * 5u + min(2u * vector + 1u, 4u)], 2u * vector + 1u < 5u)), inside);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 48u) { return; }
  let vector = id % 4u;
  let tile = id / 4u;
  let image = 0u + tile / 6u;
  let row = tile / 2u % 3u * 4u;
  let column = tile % 2u * 4u;
  let d0 = load_source(image, row + 0u, column + 0u, vector);
  let d1 = load_source(image, row + 0u, column + 1u, vector);
  let d2 = load_source(image, row + 0u, column + 2u, vector);
  let d3 = load_source(image, row + 0u, column + 3u, vector);
  let d4 = load_source(image, row + 0u, column + 4u, vector);
  let d5 = load_source(image, row + 0u, column + 5u, vector);
  let d6 = load_source(image, row + 1u, column + 0u, vector);
  let d7 = load_source(image, row + 1u, column + 1u, vector);
  let d8 = load_source(image, row + 1u, column + 2u, vector);
  let d9 = load_source(image, row + 1u, column + 3u, vector);
  let d10 = load_source(image, row + 1u, column + 4u, vector);
  let d11 = load_source(image, row + 1u, column + 5u, vector);
  let d12 = load_source(image, row + 2u, column + 0u, vector);
  let d13 = load_source(image, row + 2u, column + 1u, vector);
  let d14 = load_source(image, row + 2u, column + 2u, vector);
  let d15 = load_source(image, row + 2u, column + 3u, vector);
  let d16 = load_source(image, row + 2u, column + 4u, vector);
  let d17 = load_source(image, row + 2u, column + 5u, vector);
  let d18 = load_source(image, row + 3u, column + 0u, vector);
  let d19 = load_source(image, row + 3u, column + 1u, vector);
  let d20 = load_source(image, row + 3u, column + 2u, vector);
  let d21 = load_source(image, row + 3u, column + 3u, vector);
  let d22 = load_source(image, row + 3u, column + 4u, vector);
  let d23 = load_source(image, row + 3u, column + 5u, vector);
  let d24 = load_source(image, row + 4u, column + 0u, vector);
  let d25 = load_source(image, row + 4u, column + 1u, vector);
  let d26 = load_source(image, row + 4u, column + 2u, vector);
  let d27 = load_source(image, row + 4u, column + 3u, vector);
  let d28 = load_source(image, row + 4u, column + 4u, vector);
  let d29 = load_source(image, row + 4u, column + 5u, vector);
  let d30 = load_source(image, row + 5u, column + 0u, vector);
  let d31 = load_source(image, row + 5u, column + 1u, vector);
  let d32 = load_source(image, row + 5u, column + 2u, vector);
  let d33 = load_source(image, row + 5u, column + 3u, vector);
  let d34 = load_source(image, row + 5u, column + 4u, vector);
  let d35 = load_source(image, row + 5u, column + 5u, vector);
  let t0_0 = d0 - 1.25 * d12 + 0.25 * d24;
  let t0_1 = d1 - 1.25 * d13 + 0.25 * d25;
  let t0_2 = d2 - 1.25 * d14 + 0.25 * d26;
  let t0_3 = d3 - 1.25 * d15 + 0.25 * d27;
  let t0_4 = d4 - 1.25 * d16 + 0.25 * d28;
  let t0_5 = d5 - 1.25 * d17 + 0.25 * d29;
  let t1_0 = -d6 - d12 + 0.25 * d18 + 0.25 * d24;
  let t1_1 = -d7 - d13 + 0.25 * d19 + 0.25 * d25;
  let t1_2 = -d8 - d14 + 0.25 * d20 + 0.25 * d26;
  let t1_3 = -d9 - d15 + 0.25 * d21 + 0.25 * d27;
  let t1_4 = -d10 - d16 + 0.25 * d22 + 0.25 * d28;
  let t1_5 = -d11 - d17 + 0.25 * d23 + 0.25 * d29;
  let t2_0 = d6 - d12 - 0.25 * d18 + 0.25 * d24;
  let t2_1 = d7 - d13 - 0.25 * d19 + 0.25 * d25;
  let t2_2 = d8 - d14 - 0.25 * d20 + 0.25 * d26;
  let t2_3 = d9 - d15 - 0.25 * d21 + 0.25 * d27;
  let t2_4 = d10 - d16 - 0.25 * d22 + 0.25 * d28;
  let t2_5 = d11 - d17 - 0.25 * d23 + 0.25 * d29;
  let t3_0 = -0.5 * d6 - 0.25 * d12 + 0.5 * d18 + 0.25 * d24;
  let t3_1 = -0.5 * d7 - 0.25 * d13 + 0.5 * d19 + 0.25 * d25;
  let t3_2 = -0.5 * d8 - 0.25 * d14 + 0.5 * d20 + 0.25 * d26;
  let t3_3 = -0.5 * d9 - 0.25 * d15 + 0.5 * d21 + 0.25 * d27;
  let t3_4 = -0.5 * d10 - 0.25 * d16 + 0.5 * d22 + 0.25 * d28;
  let t3_5 = -0.5 * d11 - 0.25 * d17 + 0.5 * d23 + 0.25 * d29;
  let t4_0 = 0.5 * d6 - 0.25 * d12 - 0.5 * d18 + 0.25 * d24;
  let t4_1 = 0.5 * d7 - 0.25 * d13 - 0.5 * d19 + 0.25 * d25;
  let t4_2 = 0.5 * d8 - 0.25 * d14 - 0.5 * d20 + 0.25 * d26;
  let t4_3 = 0.5 * d9 - 0.25 * d15 - 0.5 * d21 + 0.25 * d27;
  let t4_4 = 0.5 * d10 - 0.25 * d16 - 0.5 * d22 + 0.25 * d28;
  let t4_5 = 0.5 * d11 - 0.25 * d17 - 0.5 * d23 + 0.25 * d29;
  let t5_0 = 4 * d6 - 5 * d18 + d30;
  let t5_1 = 4 * d7 - 5 * d19 + d31;
  let t5_2 = 4 * d8 - 5 * d20 + d32;
  let t5_3 = 4 * d9 - 5 * d21 + d33;
  let t5_4 = 4 * d10 - 5 * d22 + d34;
  let t5_5 = 4 * d11 - 5 * d23 + d35;
  v[(0u * 12u + tile) * 4u + vector] = t0_0 - 1.25 * t0_2 + 0.25 * t0_4;
  v[(1u * 12u + tile) * 4u + vector] = -t0_1 - t0_2 + 0.25 * t0_3 + 0.25 * t0_4;
  v[(2u * 12u + tile) * 4u + vector] = t0_1 - t0_2 - 0.25 * t0_3 + 0.25 * t0_4;
  v[(3u * 12u + tile) * 4u + vector] = -0.5 * t0_1 - 0.25 * t0_2 + 0.5 * t0_3 + 0.25 * t0_4;
  v[(4u * 12u + tile) * 4u + vector] = 0.5 * t0_1 - 0.25 * t0_2 - 0.5 * t0_3 + 0.25 * t0_4;
  v[(5u * 12u + tile) * 4u + vector] = 4 * t0_1 - 5 * t0_3 + t0_5;
  v[(6u * 12u + tile) * 4u + vector] = t1_0 - 1.25 * t1_2 + 0.25 * t1_4;
  v[(7u * 12u + tile) * 4u + vector] = -t1_1 - t1_2 + 0.25 * t1_3 + 0.25 * t1_4;
  v[(8u * 12u + tile) * 4u + vector] = t1_1 - t1_2 - 0.25 * t1_3 + 0.25 * t1_4;
  v[(9u * 12u + tile) * 4u + vector] = -0.5 * t1_1 - 0.25 * t1_2 + 0.5 * t1_3 + 0.25 * t1_4;
  v[(10u * 12u + tile) * 4u + vector] = 0.5 * t1_1 - 0.25 * t1_2 - 0.5 * t1_3 + 0.25 * t1_4;
  v[(11u * 12u + tile) * 4u + vector] = 4 * t1_1 - 5 * t1_3 + t1_5;
  v[(12u * 12u + tile) * 4u + vector] = t2_0 - 1.25 * t2_2 + 0.25 * t2_4;
  v[(13u * 12u + tile) * 4u + vector] = -t2_1 - t2_2 + 0.25 * t2_3 + 0.25 * t2_4;
  v[(14u * 12u + tile) * 4u + vector] = t2_1 - t2_2 - 0.25 * t2_3 + 0.25 * t2_4;
  v[(15u * 12u + tile) * 4u + vector] = -0.5 * t2_1 - 0.25 * t2_2 + 0.5 * t2_3 + 0.25 * t2_4;
  v[(16u * 12u + tile) * 4u + vector] = 0.5 * t2_1 - 0.25 * t2_2 - 0.5 * t2_3 + 0.25 * t2_4;
  v[(17u * 12u + tile) * 4u + vector] = 4 * t2_1 - 5 * t2_3 + t2_5;
  v[(18u * 12u + tile) * 4u + vector] = t3_0 - 1.25 * t3_2 + 0.25 * t3_4;
  v[(19u * 12u + tile) * 4u + vector] = -t3_1 - t3_2 + 0.25 * t3_3 + 0.25 * t3_4;
  v[(20u * 12u + tile) * 4u + vector] = t3_1 - t3_2 - 0.25 * t3_3 + 0.25 * t3_4;
  v[(21u * 12u + tile) * 4u + vector] = -0.5 * t3_1 - 0.25 * t3_2 + 0.5 * t3_3 + 0.25 * t3_4;
  v[(22u * 12u + tile) * 4u + vector] = 0.5 * t3_1 - 0.25 * t3_2 - 0.5 * t3_3 + 0.25 * t3_4;
  v[(23u * 12u + tile) * 4u + vector] = 4 * t3_1 - 5 * t3_3 + t3_5;
  v[(24u * 12u + tile) * 4u + vector] = t4_0 - 1.25 * t4_2 + 0.25 * t4_4;
  v[(25u * 12u + tile) * 4u + vector] = -t4_1 - t4_2 + 0.25 * t4_3 + 0.25 * t4_4;
  v[(26u * 12u + tile) * 4u + vector] = t4_1 - t4_2 - 0.25 * t4_3 + 0.25 * t4_4;
  v[(27u * 12u + tile) * 4u + vector] = -0.5 * t4_1 - 0.25 * t4_2 + 0.5 * t4_3 + 0.25 * t4_4;
  v[(28u * 12u + tile) * 4u + vector] = 0.5 * t4_1 - 0.25 * t4_2 - 0.5 * t4_3 + 0.25 * t4_4;
  v[(29u * 12u + tile) * 4u + vector] = 4 * t4_1 - 5 * t4_3 + t4_5;
  v[(30u * 12u + tile) * 4u + vector] = t5_0 - 1.25 * t5_2 + 0.25 * t5_4;
  v[(31u * 12u + tile) * 4u + vector] = -t5_1 - t5_2 + 0.25 * t5_3 + 0.25 * t5_4;
  v[(32u * 12u + tile) * 4u + vector] = t5_1 - t5_2 - 0.25 * t5_3 + 0.25 * t5_4;
  v[(33u * 12u + tile) * 4u + vector] = -0.5 * t5_1 - 0.25 * t5_2 + 0.5 * t5_3 + 0.25 * t5_4;
  v[(34u * 12u + tile) * 4u + vector] = 0.5 * t5_1 - 0.25 * t5_2 - 0.5 * t5_3 + 0.25 * t5_4;
  v[(35u * 12u + tile) * 4u + vector] = 4 * t5_1 - 5 * t5_3 + t5_5;
}

// winograd products 12×8×12, texture 12×12
// bindings read=scratch 0, texture=input 1, write=scratch 1
// grid 2×1×1, cost {"flops":82944,"bytesRead":27648,"bytesWritten":20736,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var u: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 32u + local;
  if (id >= 36u) { return; }
  let quad = id % 1u * 3u;
  let row = id / 1u % 1u * 12u;
  let plane = id / 1u;
  var m0_0 = vec4f();
  var m0_1 = vec4f();
  var m0_2 = vec4f();
  var m1_0 = vec4f();
  var m1_1 = vec4f();
  var m1_2 = vec4f();
  var m2_0 = vec4f();
  var m2_1 = vec4f();
  var m2_2 = vec4f();
  var m3_0 = vec4f();
  var m3_1 = vec4f();
  var m3_2 = vec4f();
  var m4_0 = vec4f();
  var m4_1 = vec4f();
  var m4_2 = vec4f();
  var m5_0 = vec4f();
  var m5_1 = vec4f();
  var m5_2 = vec4f();
  var m6_0 = vec4f();
  var m6_1 = vec4f();
  var m6_2 = vec4f();
  var m7_0 = vec4f();
  var m7_1 = vec4f();
  var m7_2 = vec4f();
  var m8_0 = vec4f();
  var m8_1 = vec4f();
  var m8_2 = vec4f();
  var m9_0 = vec4f();
  var m9_1 = vec4f();
  var m9_2 = vec4f();
  var m10_0 = vec4f();
  var m10_1 = vec4f();
  var m10_2 = vec4f();
  var m11_0 = vec4f();
  var m11_1 = vec4f();
  var m11_2 = vec4f();
  for (var k = 0u; k < 2u; k++) {
    let v0 = v[(plane * 12u + row + 0u) * 2u + k];
    let v1 = v[(plane * 12u + row + 1u) * 2u + k];
    let v2 = v[(plane * 12u + row + 2u) * 2u + k];
    let v3 = v[(plane * 12u + row + 3u) * 2u + k];
    let v4 = v[(plane * 12u + row + 4u) * 2u + k];
    let v5 = v[(plane * 12u + row + 5u) * 2u + k];
    let v6 = v[(plane * 12u + row + 6u) * 2u + k];
    let v7 = v[(plane * 12u + row + 7u) * 2u + k];
    let v8 = v[(plane * 12u + row + 8u) * 2u + k];
    let v9 = v[(plane * 12u + row + 9u) * 2u + k];
    let v10 = v[(plane * 12u + row + 10u) * 2u + k];
    let v11 = v[(plane * 12u + row + 11u) * 2u + k];
    let u0_0 = textureLoad(u, vec2u(plane * 3u + quad + 0u, 4u * k + 0u), 0);
    let u0_1 = textureLoad(u, vec2u(plane * 3u + quad + 1u, 4u * k + 0u), 0);
    let u0_2 = textureLoad(u, vec2u(plane * 3u + quad + 2u, 4u * k + 0u), 0);
    let u1_0 = textureLoad(u, vec2u(plane * 3u + quad + 0u, 4u * k + 1u), 0);
    let u1_1 = textureLoad(u, vec2u(plane * 3u + quad + 1u, 4u * k + 1u), 0);
    let u1_2 = textureLoad(u, vec2u(plane * 3u + quad + 2u, 4u * k + 1u), 0);
    let u2_0 = textureLoad(u, vec2u(plane * 3u + quad + 0u, 4u * k + 2u), 0);
    let u2_1 = textureLoad(u, vec2u(plane * 3u + quad + 1u, 4u * k + 2u), 0);
    let u2_2 = textureLoad(u, vec2u(plane * 3u + quad + 2u, 4u * k + 2u), 0);
    let u3_0 = textureLoad(u, vec2u(plane * 3u + quad + 0u, 4u * k + 3u), 0);
    let u3_1 = textureLoad(u, vec2u(plane * 3u + quad + 1u, 4u * k + 3u), 0);
    let u3_2 = textureLoad(u, vec2u(plane * 3u + quad + 2u, 4u * k + 3u), 0);
    m0_0 = fma(vec4f(v0[0]), u0_0, m0_0);
    m0_0 = fma(vec4f(v0[1]), u1_0, m0_0);
    m0_0 = fma(vec4f(v0[2]), u2_0, m0_0);
    m0_0 = fma(vec4f(v0[3]), u3_0, m0_0);
    m0_1 = fma(vec4f(v0[0]), u0_1, m0_1);
    m0_1 = fma(vec4f(v0[1]), u1_1, m0_1);
    m0_1 = fma(vec4f(v0[2]), u2_1, m0_1);
    m0_1 = fma(vec4f(v0[3]), u3_1, m0_1);
    m0_2 = fma(vec4f(v0[0]), u0_2, m0_2);
    m0_2 = fma(vec4f(v0[1]), u1_2, m0_2);
    m0_2 = fma(vec4f(v0[2]), u2_2, m0_2);
    m0_2 = fma(vec4f(v0[3]), u3_2, m0_2);
    m1_0 = fma(vec4f(v1[0]), u0_0, m1_0);
    m1_0 = fma(vec4f(v1[1]), u1_0, m1_0);
    m1_0 = fma(vec4f(v1[2]), u2_0, m1_0);
    m1_0 = fma(vec4f(v1[3]), u3_0, m1_0);
    m1_1 = fma(vec4f(v1[0]), u0_1, m1_1);
    m1_1 = fma(vec4f(v1[1]), u1_1, m1_1);
    m1_1 = fma(vec4f(v1[2]), u2_1, m1_1);
    m1_1 = fma(vec4f(v1[3]), u3_1, m1_1);
    m1_2 = fma(vec4f(v1[0]), u0_2, m1_2);
    m1_2 = fma(vec4f(v1[1]), u1_2, m1_2);
    m1_2 = fma(vec4f(v1[2]), u2_2, m1_2);
    m1_2 = fma(vec4f(v1[3]), u3_2, m1_2);
    m2_0 = fma(vec4f(v2[0]), u0_0, m2_0);
    m2_0 = fma(vec4f(v2[1]), u1_0, m2_0);
    m2_0 = fma(vec4f(v2[2]), u2_0, m2_0);
    m2_0 = fma(vec4f(v2[3]), u3_0, m2_0);
    m2_1 = fma(vec4f(v2[0]), u0_1, m2_1);
    m2_1 = fma(vec4f(v2[1]), u1_1, m2_1);
    m2_1 = fma(vec4f(v2[2]), u2_1, m2_1);
    m2_1 = fma(vec4f(v2[3]), u3_1, m2_1);
    m2_2 = fma(vec4f(v2[0]), u0_2, m2_2);
    m2_2 = fma(vec4f(v2[1]), u1_2, m2_2);
    m2_2 = fma(vec4f(v2[2]), u2_2, m2_2);
    m2_2 = fma(vec4f(v2[3]), u3_2, m2_2);
    m3_0 = fma(vec4f(v3[0]), u0_0, m3_0);
    m3_0 = fma(vec4f(v3[1]), u1_0, m3_0);
    m3_0 = fma(vec4f(v3[2]), u2_0, m3_0);
    m3_0 = fma(vec4f(v3[3]), u3_0, m3_0);
    m3_1 = fma(vec4f(v3[0]), u0_1, m3_1);
    m3_1 = fma(vec4f(v3[1]), u1_1, m3_1);
    m3_1 = fma(vec4f(v3[2]), u2_1, m3_1);
    m3_1 = fma(vec4f(v3[3]), u3_1, m3_1);
    m3_2 = fma(vec4f(v3[0]), u0_2, m3_2);
    m3_2 = fma(vec4f(v3[1]), u1_2, m3_2);
    m3_2 = fma(vec4f(v3[2]), u2_2, m3_2);
    m3_2 = fma(vec4f(v3[3]), u3_2, m3_2);
    m4_0 = fma(vec4f(v4[0]), u0_0, m4_0);
    m4_0 = fma(vec4f(v4[1]), u1_0, m4_0);
    m4_0 = fma(vec4f(v4[2]), u2_0, m4_0);
    m4_0 = fma(vec4f(v4[3]), u3_0, m4_0);
    m4_1 = fma(vec4f(v4[0]), u0_1, m4_1);
    m4_1 = fma(vec4f(v4[1]), u1_1, m4_1);
    m4_1 = fma(vec4f(v4[2]), u2_1, m4_1);
    m4_1 = fma(vec4f(v4[3]), u3_1, m4_1);
    m4_2 = fma(vec4f(v4[0]), u0_2, m4_2);
    m4_2 = fma(vec4f(v4[1]), u1_2, m4_2);
    m4_2 = fma(vec4f(v4[2]), u2_2, m4_2);
    m4_2 = fma(vec4f(v4[3]), u3_2, m4_2);
    m5_0 = fma(vec4f(v5[0]), u0_0, m5_0);
    m5_0 = fma(vec4f(v5[1]), u1_0, m5_0);
    m5_0 = fma(vec4f(v5[2]), u2_0, m5_0);
    m5_0 = fma(vec4f(v5[3]), u3_0, m5_0);
    m5_1 = fma(vec4f(v5[0]), u0_1, m5_1);
    m5_1 = fma(vec4f(v5[1]), u1_1, m5_1);
    m5_1 = fma(vec4f(v5[2]), u2_1, m5_1);
    m5_1 = fma(vec4f(v5[3]), u3_1, m5_1);
    m5_2 = fma(vec4f(v5[0]), u0_2, m5_2);
    m5_2 = fma(vec4f(v5[1]), u1_2, m5_2);
    m5_2 = fma(vec4f(v5[2]), u2_2, m5_2);
    m5_2 = fma(vec4f(v5[3]), u3_2, m5_2);
    m6_0 = fma(vec4f(v6[0]), u0_0, m6_0);
    m6_0 = fma(vec4f(v6[1]), u1_0, m6_0);
    m6_0 = fma(vec4f(v6[2]), u2_0, m6_0);
    m6_0 = fma(vec4f(v6[3]), u3_0, m6_0);
    m6_1 = fma(vec4f(v6[0]), u0_1, m6_1);
    m6_1 = fma(vec4f(v6[1]), u1_1, m6_1);
    m6_1 = fma(vec4f(v6[2]), u2_1, m6_1);
    m6_1 = fma(vec4f(v6[3]), u3_1, m6_1);
    m6_2 = fma(vec4f(v6[0]), u0_2, m6_2);
    m6_2 = fma(vec4f(v6[1]), u1_2, m6_2);
    m6_2 = fma(vec4f(v6[2]), u2_2, m6_2);
    m6_2 = fma(vec4f(v6[3]), u3_2, m6_2);
    m7_0 = fma(vec4f(v7[0]), u0_0, m7_0);
    m7_0 = fma(vec4f(v7[1]), u1_0, m7_0);
    m7_0 = fma(vec4f(v7[2]), u2_0, m7_0);
    m7_0 = fma(vec4f(v7[3]), u3_0, m7_0);
    m7_1 = fma(vec4f(v7[0]), u0_1, m7_1);
    m7_1 = fma(vec4f(v7[1]), u1_1, m7_1);
    m7_1 = fma(vec4f(v7[2]), u2_1, m7_1);
    m7_1 = fma(vec4f(v7[3]), u3_1, m7_1);
    m7_2 = fma(vec4f(v7[0]), u0_2, m7_2);
    m7_2 = fma(vec4f(v7[1]), u1_2, m7_2);
    m7_2 = fma(vec4f(v7[2]), u2_2, m7_2);
    m7_2 = fma(vec4f(v7[3]), u3_2, m7_2);
    m8_0 = fma(vec4f(v8[0]), u0_0, m8_0);
    m8_0 = fma(vec4f(v8[1]), u1_0, m8_0);
    m8_0 = fma(vec4f(v8[2]), u2_0, m8_0);
    m8_0 = fma(vec4f(v8[3]), u3_0, m8_0);
    m8_1 = fma(vec4f(v8[0]), u0_1, m8_1);
    m8_1 = fma(vec4f(v8[1]), u1_1, m8_1);
    m8_1 = fma(vec4f(v8[2]), u2_1, m8_1);
    m8_1 = fma(vec4f(v8[3]), u3_1, m8_1);
    m8_2 = fma(vec4f(v8[0]), u0_2, m8_2);
    m8_2 = fma(vec4f(v8[1]), u1_2, m8_2);
    m8_2 = fma(vec4f(v8[2]), u2_2, m8_2);
    m8_2 = fma(vec4f(v8[3]), u3_2, m8_2);
    m9_0 = fma(vec4f(v9[0]), u0_0, m9_0);
    m9_0 = fma(vec4f(v9[1]), u1_0, m9_0);
    m9_0 = fma(vec4f(v9[2]), u2_0, m9_0);
    m9_0 = fma(vec4f(v9[3]), u3_0, m9_0);
    m9_1 = fma(vec4f(v9[0]), u0_1, m9_1);
    m9_1 = fma(vec4f(v9[1]), u1_1, m9_1);
    m9_1 = fma(vec4f(v9[2]), u2_1, m9_1);
    m9_1 = fma(vec4f(v9[3]), u3_1, m9_1);
    m9_2 = fma(vec4f(v9[0]), u0_2, m9_2);
    m9_2 = fma(vec4f(v9[1]), u1_2, m9_2);
    m9_2 = fma(vec4f(v9[2]), u2_2, m9_2);
    m9_2 = fma(vec4f(v9[3]), u3_2, m9_2);
    m10_0 = fma(vec4f(v10[0]), u0_0, m10_0);
    m10_0 = fma(vec4f(v10[1]), u1_0, m10_0);
    m10_0 = fma(vec4f(v10[2]), u2_0, m10_0);
    m10_0 = fma(vec4f(v10[3]), u3_0, m10_0);
    m10_1 = fma(vec4f(v10[0]), u0_1, m10_1);
    m10_1 = fma(vec4f(v10[1]), u1_1, m10_1);
    m10_1 = fma(vec4f(v10[2]), u2_1, m10_1);
    m10_1 = fma(vec4f(v10[3]), u3_1, m10_1);
    m10_2 = fma(vec4f(v10[0]), u0_2, m10_2);
    m10_2 = fma(vec4f(v10[1]), u1_2, m10_2);
    m10_2 = fma(vec4f(v10[2]), u2_2, m10_2);
    m10_2 = fma(vec4f(v10[3]), u3_2, m10_2);
    m11_0 = fma(vec4f(v11[0]), u0_0, m11_0);
    m11_0 = fma(vec4f(v11[1]), u1_0, m11_0);
    m11_0 = fma(vec4f(v11[2]), u2_0, m11_0);
    m11_0 = fma(vec4f(v11[3]), u3_0, m11_0);
    m11_1 = fma(vec4f(v11[0]), u0_1, m11_1);
    m11_1 = fma(vec4f(v11[1]), u1_1, m11_1);
    m11_1 = fma(vec4f(v11[2]), u2_1, m11_1);
    m11_1 = fma(vec4f(v11[3]), u3_1, m11_1);
    m11_2 = fma(vec4f(v11[0]), u0_2, m11_2);
    m11_2 = fma(vec4f(v11[1]), u1_2, m11_2);
    m11_2 = fma(vec4f(v11[2]), u2_2, m11_2);
    m11_2 = fma(vec4f(v11[3]), u3_2, m11_2);
  }
  if (row + 0u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 0u) * 3u + quad + 0u] = m0_0; }
  if (row + 0u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 0u) * 3u + quad + 1u] = m0_1; }
  if (row + 0u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 0u) * 3u + quad + 2u] = m0_2; }
  if (row + 1u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 1u) * 3u + quad + 0u] = m1_0; }
  if (row + 1u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 1u) * 3u + quad + 1u] = m1_1; }
  if (row + 1u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 1u) * 3u + quad + 2u] = m1_2; }
  if (row + 2u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 2u) * 3u + quad + 0u] = m2_0; }
  if (row + 2u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 2u) * 3u + quad + 1u] = m2_1; }
  if (row + 2u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 2u) * 3u + quad + 2u] = m2_2; }
  if (row + 3u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 3u) * 3u + quad + 0u] = m3_0; }
  if (row + 3u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 3u) * 3u + quad + 1u] = m3_1; }
  if (row + 3u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 3u) * 3u + quad + 2u] = m3_2; }
  if (row + 4u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 4u) * 3u + quad + 0u] = m4_0; }
  if (row + 4u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 4u) * 3u + quad + 1u] = m4_1; }
  if (row + 4u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 4u) * 3u + quad + 2u] = m4_2; }
  if (row + 5u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 5u) * 3u + quad + 0u] = m5_0; }
  if (row + 5u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 5u) * 3u + quad + 1u] = m5_1; }
  if (row + 5u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 5u) * 3u + quad + 2u] = m5_2; }
  if (row + 6u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 6u) * 3u + quad + 0u] = m6_0; }
  if (row + 6u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 6u) * 3u + quad + 1u] = m6_1; }
  if (row + 6u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 6u) * 3u + quad + 2u] = m6_2; }
  if (row + 7u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 7u) * 3u + quad + 0u] = m7_0; }
  if (row + 7u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 7u) * 3u + quad + 1u] = m7_1; }
  if (row + 7u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 7u) * 3u + quad + 2u] = m7_2; }
  if (row + 8u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 8u) * 3u + quad + 0u] = m8_0; }
  if (row + 8u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 8u) * 3u + quad + 1u] = m8_1; }
  if (row + 8u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 8u) * 3u + quad + 2u] = m8_2; }
  if (row + 9u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 9u) * 3u + quad + 0u] = m9_0; }
  if (row + 9u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 9u) * 3u + quad + 1u] = m9_1; }
  if (row + 9u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 9u) * 3u + quad + 2u] = m9_2; }
  if (row + 10u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 10u) * 3u + quad + 0u] = m10_0; }
  if (row + 10u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 10u) * 3u + quad + 1u] = m10_1; }
  if (row + 10u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 10u) * 3u + quad + 2u] = m10_2; }
  if (row + 11u < 12u && quad + 0u < 3u) { m[(plane * 12u + row + 11u) * 3u + quad + 0u] = m11_0; }
  if (row + 11u < 12u && quad + 1u < 3u) { m[(plane * 12u + row + 11u) * 3u + quad + 1u] = m11_1; }
  if (row + 11u < 12u && quad + 2u < 3u) { m[(plane * 12u + row + 11u) * 3u + quad + 2u] = m11_2; }
}

// winograd forward output 2×9×8×12
// bindings read=scratch 1, read=input 2, read=input 3, write=output 0
// grid 2×1×1, cost {"flops":35712,"bytesRead":34560,"bytesWritten":6912,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> m: array<vec2f>;
@group(0) @binding(1) var<storage, read> bias: array<vec2f>;
@group(0) @binding(2) var<storage, read> add: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec2f>;

fn finish(pixel: u32, channel: u32, sums: vec2f) {
  let at = pixel * 6u + channel / 2u;
  var value = sums;
  value += bias[channel / 2u];
  value += add[at];
  value = max(value, vec2f());
  result[at] = value;
}

fn store(image: u32, row: u32, column: u32, vector: u32, sums: vec2f) {
  if (row < 9u && column < 8u && 2u * vector < 12u) {
    finish((image * 9u + row) * 8u + column, 2u * vector, sums);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 72u) { return; }
  let vector = id % 6u;
  let tile = id / 6u;
  let image = 0u + tile / 6u;
  let row = tile / 2u % 3u * 4u;
  let column = tile % 2u * 4u;
  let m0 = m[(0u * 12u + tile) * 6u + vector];
  let m1 = m[(1u * 12u + tile) * 6u + vector];
  let m2 = m[(2u * 12u + tile) * 6u + vector];
  let m3 = m[(3u * 12u + tile) * 6u + vector];
  let m4 = m[(4u * 12u + tile) * 6u + vector];
  let m5 = m[(5u * 12u + tile) * 6u + vector];
  let m6 = m[(6u * 12u + tile) * 6u + vector];
  let m7 = m[(7u * 12u + tile) * 6u + vector];
  let m8 = m[(8u * 12u + tile) * 6u + vector];
  let m9 = m[(9u * 12u + tile) * 6u + vector];
  let m10 = m[(10u * 12u + tile) * 6u + vector];
  let m11 = m[(11u * 12u + tile) * 6u + vector];
  let m12 = m[(12u * 12u + tile) * 6u + vector];
  let m13 = m[(13u * 12u + tile) * 6u + vector];
  let m14 = m[(14u * 12u + tile) * 6u + vector];
  let m15 = m[(15u * 12u + tile) * 6u + vector];
  let m16 = m[(16u * 12u + tile) * 6u + vector];
  let m17 = m[(17u * 12u + tile) * 6u + vector];
  let m18 = m[(18u * 12u + tile) * 6u + vector];
  let m19 = m[(19u * 12u + tile) * 6u + vector];
  let m20 = m[(20u * 12u + tile) * 6u + vector];
  let m21 = m[(21u * 12u + tile) * 6u + vector];
  let m22 = m[(22u * 12u + tile) * 6u + vector];
  let m23 = m[(23u * 12u + tile) * 6u + vector];
  let m24 = m[(24u * 12u + tile) * 6u + vector];
  let m25 = m[(25u * 12u + tile) * 6u + vector];
  let m26 = m[(26u * 12u + tile) * 6u + vector];
  let m27 = m[(27u * 12u + tile) * 6u + vector];
  let m28 = m[(28u * 12u + tile) * 6u + vector];
  let m29 = m[(29u * 12u + tile) * 6u + vector];
  let m30 = m[(30u * 12u + tile) * 6u + vector];
  let m31 = m[(31u * 12u + tile) * 6u + vector];
  let m32 = m[(32u * 12u + tile) * 6u + vector];
  let m33 = m[(33u * 12u + tile) * 6u + vector];
  let m34 = m[(34u * 12u + tile) * 6u + vector];
  let m35 = m[(35u * 12u + tile) * 6u + vector];
  let t0_0 = m0 + m6 + m12 + m18 + m24;
  let t0_1 = m1 + m7 + m13 + m19 + m25;
  let t0_2 = m2 + m8 + m14 + m20 + m26;
  let t0_3 = m3 + m9 + m15 + m21 + m27;
  let t0_4 = m4 + m10 + m16 + m22 + m28;
  let t0_5 = m5 + m11 + m17 + m23 + m29;
  let t1_0 = m6 - m12 + 2 * m18 - 2 * m24;
  let t1_1 = m7 - m13 + 2 * m19 - 2 * m25;
  let t1_2 = m8 - m14 + 2 * m20 - 2 * m26;
  let t1_3 = m9 - m15 + 2 * m21 - 2 * m27;
  let t1_4 = m10 - m16 + 2 * m22 - 2 * m28;
  let t1_5 = m11 - m17 + 2 * m23 - 2 * m29;
  let t2_0 = m6 + m12 + 4 * m18 + 4 * m24;
  let t2_1 = m7 + m13 + 4 * m19 + 4 * m25;
  let t2_2 = m8 + m14 + 4 * m20 + 4 * m26;
  let t2_3 = m9 + m15 + 4 * m21 + 4 * m27;
  let t2_4 = m10 + m16 + 4 * m22 + 4 * m28;
  let t2_5 = m11 + m17 + 4 * m23 + 4 * m29;
  let t3_0 = m6 - m12 + 8 * m18 - 8 * m24 + m30;
  let t3_1 = m7 - m13 + 8 * m19 - 8 * m25 + m31;
  let t3_2 = m8 - m14 + 8 * m20 - 8 * m26 + m32;
  let t3_3 = m9 - m15 + 8 * m21 - 8 * m27 + m33;
  let t3_4 = m10 - m16 + 8 * m22 - 8 * m28 + m34;
  let t3_5 = m11 - m17 + 8 * m23 - 8 * m29 + m35;
  store(image, row + 0u, column + 0u, vector, t0_0 + t0_1 + t0_2 + t0_3 + t0_4);
  store(image, row + 0u, column + 1u, vector, t0_1 - t0_2 + 2 * t0_3 - 2 * t0_4);
  store(image, row + 0u, column + 2u, vector, t0_1 + t0_2 + 4 * t0_3 + 4 * t0_4);
  store(image, row + 0u, column + 3u, vector, t0_1 - t0_2 + 8 * t0_3 - 8 * t0_4 + t0_5);
  store(image, row + 1u, column + 0u, vector, t1_0 + t1_1 + t1_2 + t1_3 + t1_4);
  store(image, row + 1u, column + 1u, vector, t1_1 - t1_2 + 2 * t1_3 - 2 * t1_4);
  store(image, row + 1u, column + 2u, vector, t1_1 + t1_2 + 4 * t1_3 + 4 * t1_4);
  store(image, row + 1u, column + 3u, vector, t1_1 - t1_2 + 8 * t1_3 - 8 * t1_4 + t1_5);
  store(image, row + 2u, column + 0u, vector, t2_0 + t2_1 + t2_2 + t2_3 + t2_4);
  store(image, row + 2u, column + 1u, vector, t2_1 - t2_2 + 2 * t2_3 - 2 * t2_4);
  store(image, row + 2u, column + 2u, vector, t2_1 + t2_2 + 4 * t2_3 + 4 * t2_4);
  store(image, row + 2u, column + 3u, vector, t2_1 - t2_2 + 8 * t2_3 - 8 * t2_4 + t2_5);
  store(image, row + 3u, column + 0u, vector, t3_0 + t3_1 + t3_2 + t3_3 + t3_4);
  store(image, row + 3u, column + 1u, vector, t3_1 - t3_2 + 2 * t3_3 - 2 * t3_4);
  store(image, row + 3u, column + 2u, vector, t3_1 + t3_2 + 4 * t3_3 + 4 * t3_4);
  store(image, row + 3u, column + 3u, vector, t3_1 - t3_2 + 8 * t3_3 - 8 * t3_4 + t3_5);
}
