// scratch []

// winograd inputGradient filter 12→5
// bindings read=input 0, write=output 0
// grid 1×1×1, cost {"flops":17280,"bytesRead":2160,"bytesWritten":6912,"workgroupMemory":0}
enable f16;

@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 12u && channel + i < 5u) { value[i] = hwio[((8u - tap) * 5u + channel + i) * 12u + k]; }
  }
  return value;
}
@group(0) @binding(1) var<storage, read_write> u: array<vec4h>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 24u) { return; }
  let quad = id % 2u;
  let row = id / 2u;
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
  u[(0u * 12u + row) * 2u + quad] = vec4h(t0_0);
  u[(1u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t0_0 - 0.6666666666666666 * t0_1 - 0.6666666666666666 * t0_2);
  u[(2u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t0_0 + 0.6666666666666666 * t0_1 - 0.6666666666666666 * t0_2);
  u[(3u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t0_0 + 0.3333333333333333 * t0_1 + 0.6666666666666666 * t0_2);
  u[(4u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t0_0 - 0.3333333333333333 * t0_1 + 0.6666666666666666 * t0_2);
  u[(5u * 12u + row) * 2u + quad] = vec4h(t0_2);
  u[(6u * 12u + row) * 2u + quad] = vec4h(t1_0);
  u[(7u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t1_0 - 0.6666666666666666 * t1_1 - 0.6666666666666666 * t1_2);
  u[(8u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t1_0 + 0.6666666666666666 * t1_1 - 0.6666666666666666 * t1_2);
  u[(9u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t1_0 + 0.3333333333333333 * t1_1 + 0.6666666666666666 * t1_2);
  u[(10u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t1_0 - 0.3333333333333333 * t1_1 + 0.6666666666666666 * t1_2);
  u[(11u * 12u + row) * 2u + quad] = vec4h(t1_2);
  u[(12u * 12u + row) * 2u + quad] = vec4h(t2_0);
  u[(13u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t2_0 - 0.6666666666666666 * t2_1 - 0.6666666666666666 * t2_2);
  u[(14u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t2_0 + 0.6666666666666666 * t2_1 - 0.6666666666666666 * t2_2);
  u[(15u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t2_0 + 0.3333333333333333 * t2_1 + 0.6666666666666666 * t2_2);
  u[(16u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t2_0 - 0.3333333333333333 * t2_1 + 0.6666666666666666 * t2_2);
  u[(17u * 12u + row) * 2u + quad] = vec4h(t2_2);
  u[(18u * 12u + row) * 2u + quad] = vec4h(t3_0);
  u[(19u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t3_0 - 0.6666666666666666 * t3_1 - 0.6666666666666666 * t3_2);
  u[(20u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t3_0 + 0.6666666666666666 * t3_1 - 0.6666666666666666 * t3_2);
  u[(21u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t3_0 + 0.3333333333333333 * t3_1 + 0.6666666666666666 * t3_2);
  u[(22u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t3_0 - 0.3333333333333333 * t3_1 + 0.6666666666666666 * t3_2);
  u[(23u * 12u + row) * 2u + quad] = vec4h(t3_2);
  u[(24u * 12u + row) * 2u + quad] = vec4h(t4_0);
  u[(25u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t4_0 - 0.6666666666666666 * t4_1 - 0.6666666666666666 * t4_2);
  u[(26u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t4_0 + 0.6666666666666666 * t4_1 - 0.6666666666666666 * t4_2);
  u[(27u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t4_0 + 0.3333333333333333 * t4_1 + 0.6666666666666666 * t4_2);
  u[(28u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t4_0 - 0.3333333333333333 * t4_1 + 0.6666666666666666 * t4_2);
  u[(29u * 12u + row) * 2u + quad] = vec4h(t4_2);
  u[(30u * 12u + row) * 2u + quad] = vec4h(t5_0);
  u[(31u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t5_0 - 0.6666666666666666 * t5_1 - 0.6666666666666666 * t5_2);
  u[(32u * 12u + row) * 2u + quad] = vec4h(-0.6666666666666666 * t5_0 + 0.6666666666666666 * t5_1 - 0.6666666666666666 * t5_2);
  u[(33u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t5_0 + 0.3333333333333333 * t5_1 + 0.6666666666666666 * t5_2);
  u[(34u * 12u + row) * 2u + quad] = vec4h(0.16666666666666666 * t5_0 - 0.3333333333333333 * t5_1 + 0.6666666666666666 * t5_2);
  u[(35u * 12u + row) * 2u + quad] = vec4h(t5_2);
}

// scratch [{"kind":"buffer","bytes":10368},{"kind":"buffer","bytes":13824}]

// winograd inputGradient input 2×9×8×12
// bindings read=input 0, write=scratch 0
// grid 2×1×1, cost {"flops":55296,"bytesRead":20736,"bytesWritten":10368,"workgroupMemory":0}
enable f16;

@group(0) @binding(0) var<storage, read> source: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> v: array<vec2h>;

fn load_source(image: u32, row: u32, column: u32, vector: u32) -> vec2f {
  let down = (row - 1u) * 1u;
  let right = (column - 1u) * 1u;
  let pixel = (image * 9u + min(down, 8u)) * 8u + min(right, 7u);
  let inside = down < 9u && right < 8u;
  return select(vec2f(), source[pixel * 6u + vector], inside);
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
  v[(0u * 12u + tile) * 6u + vector] = vec2h(t0_0 - 1.25 * t0_2 + 0.25 * t0_4);
  v[(1u * 12u + tile) * 6u + vector] = vec2h(-t0_1 - t0_2 + 0.25 * t0_3 + 0.25 * t0_4);
  v[(2u * 12u + tile) * 6u + vector] = vec2h(t0_1 - t0_2 - 0.25 * t0_3 + 0.25 * t0_4);
  v[(3u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t0_1 - 0.25 * t0_2 + 0.5 * t0_3 + 0.25 * t0_4);
  v[(4u * 12u + tile) * 6u + vector] = vec2h(0.5 * t0_1 - 0.25 * t0_2 - 0.5 * t0_3 + 0.25 * t0_4);
  v[(5u * 12u + tile) * 6u + vector] = vec2h(4 * t0_1 - 5 * t0_3 + t0_5);
  v[(6u * 12u + tile) * 6u + vector] = vec2h(t1_0 - 1.25 * t1_2 + 0.25 * t1_4);
  v[(7u * 12u + tile) * 6u + vector] = vec2h(-t1_1 - t1_2 + 0.25 * t1_3 + 0.25 * t1_4);
  v[(8u * 12u + tile) * 6u + vector] = vec2h(t1_1 - t1_2 - 0.25 * t1_3 + 0.25 * t1_4);
  v[(9u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t1_1 - 0.25 * t1_2 + 0.5 * t1_3 + 0.25 * t1_4);
  v[(10u * 12u + tile) * 6u + vector] = vec2h(0.5 * t1_1 - 0.25 * t1_2 - 0.5 * t1_3 + 0.25 * t1_4);
  v[(11u * 12u + tile) * 6u + vector] = vec2h(4 * t1_1 - 5 * t1_3 + t1_5);
  v[(12u * 12u + tile) * 6u + vector] = vec2h(t2_0 - 1.25 * t2_2 + 0.25 * t2_4);
  v[(13u * 12u + tile) * 6u + vector] = vec2h(-t2_1 - t2_2 + 0.25 * t2_3 + 0.25 * t2_4);
  v[(14u * 12u + tile) * 6u + vector] = vec2h(t2_1 - t2_2 - 0.25 * t2_3 + 0.25 * t2_4);
  v[(15u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t2_1 - 0.25 * t2_2 + 0.5 * t2_3 + 0.25 * t2_4);
  v[(16u * 12u + tile) * 6u + vector] = vec2h(0.5 * t2_1 - 0.25 * t2_2 - 0.5 * t2_3 + 0.25 * t2_4);
  v[(17u * 12u + tile) * 6u + vector] = vec2h(4 * t2_1 - 5 * t2_3 + t2_5);
  v[(18u * 12u + tile) * 6u + vector] = vec2h(t3_0 - 1.25 * t3_2 + 0.25 * t3_4);
  v[(19u * 12u + tile) * 6u + vector] = vec2h(-t3_1 - t3_2 + 0.25 * t3_3 + 0.25 * t3_4);
  v[(20u * 12u + tile) * 6u + vector] = vec2h(t3_1 - t3_2 - 0.25 * t3_3 + 0.25 * t3_4);
  v[(21u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t3_1 - 0.25 * t3_2 + 0.5 * t3_3 + 0.25 * t3_4);
  v[(22u * 12u + tile) * 6u + vector] = vec2h(0.5 * t3_1 - 0.25 * t3_2 - 0.5 * t3_3 + 0.25 * t3_4);
  v[(23u * 12u + tile) * 6u + vector] = vec2h(4 * t3_1 - 5 * t3_3 + t3_5);
  v[(24u * 12u + tile) * 6u + vector] = vec2h(t4_0 - 1.25 * t4_2 + 0.25 * t4_4);
  v[(25u * 12u + tile) * 6u + vector] = vec2h(-t4_1 - t4_2 + 0.25 * t4_3 + 0.25 * t4_4);
  v[(26u * 12u + tile) * 6u + vector] = vec2h(t4_1 - t4_2 - 0.25 * t4_3 + 0.25 * t4_4);
  v[(27u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t4_1 - 0.25 * t4_2 + 0.5 * t4_3 + 0.25 * t4_4);
  v[(28u * 12u + tile) * 6u + vector] = vec2h(0.5 * t4_1 - 0.25 * t4_2 - 0.5 * t4_3 + 0.25 * t4_4);
  v[(29u * 12u + tile) * 6u + vector] = vec2h(4 * t4_1 - 5 * t4_3 + t4_5);
  v[(30u * 12u + tile) * 6u + vector] = vec2h(t5_0 - 1.25 * t5_2 + 0.25 * t5_4);
  v[(31u * 12u + tile) * 6u + vector] = vec2h(-t5_1 - t5_2 + 0.25 * t5_3 + 0.25 * t5_4);
  v[(32u * 12u + tile) * 6u + vector] = vec2h(t5_1 - t5_2 - 0.25 * t5_3 + 0.25 * t5_4);
  v[(33u * 12u + tile) * 6u + vector] = vec2h(-0.5 * t5_1 - 0.25 * t5_2 + 0.5 * t5_3 + 0.25 * t5_4);
  v[(34u * 12u + tile) * 6u + vector] = vec2h(0.5 * t5_1 - 0.25 * t5_2 - 0.5 * t5_3 + 0.25 * t5_4);
  v[(35u * 12u + tile) * 6u + vector] = vec2h(4 * t5_1 - 5 * t5_3 + t5_5);
}

// winograd products 12×12×8, f16 tiles 64×64
// bindings read=scratch 0, read=input 1, write=scratch 1
// grid 1×1×36, cost {"flops":4718592,"bytesRead":17280,"bytesWritten":13824,"workgroupMemory":4224}
enable f16;

@group(0) @binding(0) var<storage, read> v: array<vec4h>;
@group(0) @binding(1) var<storage, read> u: array<vec4h>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;

var<workgroup> left: array<array<array<vec4h, 17>, 4>, 4>;
var<workgroup> right: array<array<array<vec4h, 16>, 4>, 4>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let across = local % 8u;
  let down = local / 8u;
  let plane = group.z;
  let firstRow = group.y * 64u;
  let firstQuad = group.x * 16u;
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
  for (var first = 0u; first < 3u; first += 4u) {
    let quad = first + local % 4u;
    let row = firstRow + local / 4u * 4u;
    let v0 = select(vec4f(), vec4f(v[(plane * 12u + (row + 0u)) * 3u + quad]), quad < 3u);
    let v1 = select(vec4f(), vec4f(v[(plane * 12u + (row + 1u)) * 3u + quad]), quad < 3u);
    let v2 = select(vec4f(), vec4f(v[(plane * 12u + (row + 2u)) * 3u + quad]), quad < 3u);
    let v3 = select(vec4f(), vec4f(v[(plane * 12u + (row + 3u)) * 3u + quad]), quad < 3u);
    left[0][local % 4u][local / 4u] = vec4h(vec4f(v0[0], v1[0], v2[0], v3[0]));
    left[1][local % 4u][local / 4u] = vec4h(vec4f(v0[1], v1[1], v2[1], v3[1]));
    left[2][local % 4u][local / 4u] = vec4h(vec4f(v0[2], v1[2], v2[2], v3[2]));
    left[3][local % 4u][local / 4u] = vec4h(vec4f(v0[3], v1[3], v2[3], v3[3]));
    let depth = 4u * (first + local / 16u);
    let column = firstQuad + local % 16u;
    let u0 = vec4f(u[(plane * 12u + min(depth + 0u, 11u)) * 2u + column]);
    let u1 = vec4f(u[(plane * 12u + min(depth + 1u, 11u)) * 2u + column]);
    let u2 = vec4f(u[(plane * 12u + min(depth + 2u, 11u)) * 2u + column]);
    let u3 = vec4f(u[(plane * 12u + min(depth + 3u, 11u)) * 2u + column]);
    right[0][local / 16u][local % 16u] = vec4h(u0);
    right[1][local / 16u][local % 16u] = vec4h(u1);
    right[2][local / 16u][local % 16u] = vec4h(u2);
    right[3][local / 16u][local % 16u] = vec4h(u3);
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
  if (firstRow + 4u * down + 0u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 0u)) * 2u + firstQuad + across + 0u] = sum0_0; }
  if (firstRow + 4u * down + 0u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 0u)) * 2u + firstQuad + across + 8u] = sum0_1; }
  if (firstRow + 4u * down + 1u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 1u)) * 2u + firstQuad + across + 0u] = sum1_0; }
  if (firstRow + 4u * down + 1u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 1u)) * 2u + firstQuad + across + 8u] = sum1_1; }
  if (firstRow + 4u * down + 2u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 2u)) * 2u + firstQuad + across + 0u] = sum2_0; }
  if (firstRow + 4u * down + 2u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 2u)) * 2u + firstQuad + across + 8u] = sum2_1; }
  if (firstRow + 4u * down + 3u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 3u)) * 2u + firstQuad + across + 0u] = sum3_0; }
  if (firstRow + 4u * down + 3u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 3u)) * 2u + firstQuad + across + 8u] = sum3_1; }
  if (firstRow + 4u * down + 32u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 32u)) * 2u + firstQuad + across + 0u] = sum4_0; }
  if (firstRow + 4u * down + 32u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 32u)) * 2u + firstQuad + across + 8u] = sum4_1; }
  if (firstRow + 4u * down + 33u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 33u)) * 2u + firstQuad + across + 0u] = sum5_0; }
  if (firstRow + 4u * down + 33u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 33u)) * 2u + firstQuad + across + 8u] = sum5_1; }
  if (firstRow + 4u * down + 34u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 34u)) * 2u + firstQuad + across + 0u] = sum6_0; }
  if (firstRow + 4u * down + 34u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 34u)) * 2u + firstQuad + across + 8u] = sum6_1; }
  if (firstRow + 4u * down + 35u < 12u && firstQuad + across + 0u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 35u)) * 2u + firstQuad + across + 0u] = sum7_0; }
  if (firstRow + 4u * down + 35u < 12u && firstQuad + across + 8u < 2u) { m[(plane * 12u + (firstRow + 4u * down + 35u)) * 2u + firstQuad + across + 8u] = sum7_1; }
}

// winograd inputGradient output 2×9×8×5
// bindings read=scratch 1, read=input 2, read=input 3, write=output 0
// grid 1×1×1, cost {"flops":22272,"bytesRead":19584,"bytesWritten":2880,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> m: array<vec2f>;
@group(0) @binding(1) var<storage, read> add: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

fn finish(pixel: u32, channel: u32, sums: vec2f) {
  for (var i = 0u; i < min(2u, 5u - channel); i++) {
    let at = pixel * 5u + channel + i;
    var value = sums[i];
    value += add[at];
    value = select(f32(), value, mask[at] > f32());
    result[at] = value;
  }
}

fn store(image: u32, row: u32, column: u32, vector: u32, sums: vec2f) {
  if (row < 9u && column < 8u && 2u * vector < 5u) {
    finish((image * 9u + row) * 8u + column, 2u * vector, sums);
  }
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
  let m0 = m[(0u * 12u + tile) * 4u + vector];
  let m1 = m[(1u * 12u + tile) * 4u + vector];
  let m2 = m[(2u * 12u + tile) * 4u + vector];
  let m3 = m[(3u * 12u + tile) * 4u + vector];
  let m4 = m[(4u * 12u + tile) * 4u + vector];
  let m5 = m[(5u * 12u + tile) * 4u + vector];
  let m6 = m[(6u * 12u + tile) * 4u + vector];
  let m7 = m[(7u * 12u + tile) * 4u + vector];
  let m8 = m[(8u * 12u + tile) * 4u + vector];
  let m9 = m[(9u * 12u + tile) * 4u + vector];
  let m10 = m[(10u * 12u + tile) * 4u + vector];
  let m11 = m[(11u * 12u + tile) * 4u + vector];
  let m12 = m[(12u * 12u + tile) * 4u + vector];
  let m13 = m[(13u * 12u + tile) * 4u + vector];
  let m14 = m[(14u * 12u + tile) * 4u + vector];
  let m15 = m[(15u * 12u + tile) * 4u + vector];
  let m16 = m[(16u * 12u + tile) * 4u + vector];
  let m17 = m[(17u * 12u + tile) * 4u + vector];
  let m18 = m[(18u * 12u + tile) * 4u + vector];
  let m19 = m[(19u * 12u + tile) * 4u + vector];
  let m20 = m[(20u * 12u + tile) * 4u + vector];
  let m21 = m[(21u * 12u + tile) * 4u + vector];
  let m22 = m[(22u * 12u + tile) * 4u + vector];
  let m23 = m[(23u * 12u + tile) * 4u + vector];
  let m24 = m[(24u * 12u + tile) * 4u + vector];
  let m25 = m[(25u * 12u + tile) * 4u + vector];
  let m26 = m[(26u * 12u + tile) * 4u + vector];
  let m27 = m[(27u * 12u + tile) * 4u + vector];
  let m28 = m[(28u * 12u + tile) * 4u + vector];
  let m29 = m[(29u * 12u + tile) * 4u + vector];
  let m30 = m[(30u * 12u + tile) * 4u + vector];
  let m31 = m[(31u * 12u + tile) * 4u + vector];
  let m32 = m[(32u * 12u + tile) * 4u + vector];
  let m33 = m[(33u * 12u + tile) * 4u + vector];
  let m34 = m[(34u * 12u + tile) * 4u + vector];
  let m35 = m[(35u * 12u + tile) * 4u + vector];
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
