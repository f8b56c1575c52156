// scratch []

// inputGradient filter to texture, 2×8×8 128→64 1×1/2
// bindings read=input 0, storage-texture=output 0
// grid 16×2×1, cost {"flops":0,"bytesRead":32768,"bytesWritten":32768,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 128u && channel + i < 64u) { value[i] = hwio[((0u - tap) * 64u + channel + i) * 128u + k]; }
  }
  return value;
}
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= 1024u) { return; }
  let quad = at.y / 1u * 8u + at.x % 8u;
  textureStore(packed, at.xy, filterQuad(at.y % 1u, at.x / 8u, 4u * quad));
}

// scratch [{"kind":"texture","width":128,"height":8}]

// inputGradient source to texture, 2×8×8 128→64 1×1/2
// bindings read=input 0, storage-texture=scratch 0
// grid 2×8×1, cost {"flops":0,"bytesRead":16384,"bytesWritten":16384,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

fn load_source(image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let down = (row - 0u) * 1u;
  let right = (column - 0u) * 1u;
  let pixel = (image * 4u + min(down, 3u)) * 4u + min(right, 3u);
  let inside = down < 4u && right < 4u;
  return select(vec4f(), source[pixel * 32u + vector], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= 128u) { return; }
  let image = at.y / 4u * 1u + at.x / 128u;
  var value = vec4f();
  if (image < 2u) {
    value = load_source(image, at.y % 4u, at.x % 128u / 32u, at.x % 32u);
  }
  textureStore(packed, at.xy, value);
}

// inputGradient 4×4×8 from textures, 2×8×8 128→64 1×1/2
// bindings texture=scratch 0, texture=input 1, read=input 2, read=input 3, write=output 0
// grid 4×1×1, cost {"flops":524288,"bytesRead":262144,"bytesWritten":32768,"workgroupMemory":0}
@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var filters: texture_2d<f32>;
@group(0) @binding(2) var<storage, read> add: array<vec4f>;
@group(0) @binding(3) var<storage, read> mask: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4f>;

fn finish(pixel: u32, channel: u32, sums: vec4f) {
  let at = pixel * 16u + channel / 4u;
  var value = sums;
  value += add[at];
  value = select(vec4f(), value, mask[at] > vec4f());
  result[at] = value;
}

fn compute0(p: u32, image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * 1u;
  let x = column * 1u;
  let corner = vec2u(x * 32u, image * 4u + y);
  var sum0_0_0 = vec4f();
  var sum0_0_1 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_1_1 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_2_1 = vec4f();
  var sum0_3_0 = vec4f();
  var sum0_3_1 = vec4f();
  var sum1_0_0 = vec4f();
  var sum1_0_1 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_1_1 = vec4f();
  var sum1_2_0 = vec4f();
  var sum1_2_1 = vec4f();
  var sum1_3_0 = vec4f();
  var sum1_3_1 = vec4f();
  var sum2_0_0 = vec4f();
  var sum2_0_1 = vec4f();
  var sum2_1_0 = vec4f();
  var sum2_1_1 = vec4f();
  var sum2_2_0 = vec4f();
  var sum2_2_1 = vec4f();
  var sum2_3_0 = vec4f();
  var sum2_3_1 = vec4f();
  var sum3_0_0 = vec4f();
  var sum3_0_1 = vec4f();
  var sum3_1_0 = vec4f();
  var sum3_1_1 = vec4f();
  var sum3_2_0 = vec4f();
  var sum3_2_1 = vec4f();
  var sum3_3_0 = vec4f();
  var sum3_3_1 = vec4f();
  for (var t = 0u; t < (1u - p); t++) {
    let tap = (0u + t * 2u) * 1u;
    for (var d = 0u; d < 32u; d++) {
      let source0_0 = textureLoad(source, corner + vec2u(d + 0u, 0u + t), 0);
      let source0_1 = textureLoad(source, corner + vec2u(d + 32u, 0u + t), 0);
      let source0_2 = textureLoad(source, corner + vec2u(d + 64u, 0u + t), 0);
      let source0_3 = textureLoad(source, corner + vec2u(d + 96u, 0u + t), 0);
      let source1_0 = textureLoad(source, corner + vec2u(d + 0u, 1u + t), 0);
      let source1_1 = textureLoad(source, corner + vec2u(d + 32u, 1u + t), 0);
      let source1_2 = textureLoad(source, corner + vec2u(d + 64u, 1u + t), 0);
      let source1_3 = textureLoad(source, corner + vec2u(d + 96u, 1u + t), 0);
      let source2_0 = textureLoad(source, corner + vec2u(d + 0u, 2u + t), 0);
      let source2_1 = textureLoad(source, corner + vec2u(d + 32u, 2u + t), 0);
      let source2_2 = textureLoad(source, corner + vec2u(d + 64u, 2u + t), 0);
      let source2_3 = textureLoad(source, corner + vec2u(d + 96u, 2u + t), 0);
      let source3_0 = textureLoad(source, corner + vec2u(d + 0u, 3u + t), 0);
      let source3_1 = textureLoad(source, corner + vec2u(d + 32u, 3u + t), 0);
      let source3_2 = textureLoad(source, corner + vec2u(d + 64u, 3u + t), 0);
      let source3_3 = textureLoad(source, corner + vec2u(d + 96u, 3u + t), 0);
      let weights0_0_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      sum0_0_0 = fma(vec4f(source0_0[3]), weights0_0_3, fma(vec4f(source0_0[2]), weights0_0_2, fma(vec4f(source0_0[1]), weights0_0_1, fma(vec4f(source0_0[0]), weights0_0_0, sum0_0_0))));
      sum0_1_0 = fma(vec4f(source0_1[3]), weights0_0_3, fma(vec4f(source0_1[2]), weights0_0_2, fma(vec4f(source0_1[1]), weights0_0_1, fma(vec4f(source0_1[0]), weights0_0_0, sum0_1_0))));
      sum0_2_0 = fma(vec4f(source0_2[3]), weights0_0_3, fma(vec4f(source0_2[2]), weights0_0_2, fma(vec4f(source0_2[1]), weights0_0_1, fma(vec4f(source0_2[0]), weights0_0_0, sum0_2_0))));
      sum0_3_0 = fma(vec4f(source0_3[3]), weights0_0_3, fma(vec4f(source0_3[2]), weights0_0_2, fma(vec4f(source0_3[1]), weights0_0_1, fma(vec4f(source0_3[0]), weights0_0_0, sum0_3_0))));
      sum1_0_0 = fma(vec4f(source1_0[3]), weights0_0_3, fma(vec4f(source1_0[2]), weights0_0_2, fma(vec4f(source1_0[1]), weights0_0_1, fma(vec4f(source1_0[0]), weights0_0_0, sum1_0_0))));
      sum1_1_0 = fma(vec4f(source1_1[3]), weights0_0_3, fma(vec4f(source1_1[2]), weights0_0_2, fma(vec4f(source1_1[1]), weights0_0_1, fma(vec4f(source1_1[0]), weights0_0_0, sum1_1_0))));
      sum1_2_0 = fma(vec4f(source1_2[3]), weights0_0_3, fma(vec4f(source1_2[2]), weights0_0_2, fma(vec4f(source1_2[1]), weights0_0_1, fma(vec4f(source1_2[0]), weights0_0_0, sum1_2_0))));
      sum1_3_0 = fma(vec4f(source1_3[3]), weights0_0_3, fma(vec4f(source1_3[2]), weights0_0_2, fma(vec4f(source1_3[1]), weights0_0_1, fma(vec4f(source1_3[0]), weights0_0_0, sum1_3_0))));
      sum2_0_0 = fma(vec4f(source2_0[3]), weights0_0_3, fma(vec4f(source2_0[2]), weights0_0_2, fma(vec4f(source2_0[1]), weights0_0_1, fma(vec4f(source2_0[0]), weights0_0_0, sum2_0_0))));
      sum2_1_0 = fma(vec4f(source2_1[3]), weights0_0_3, fma(vec4f(source2_1[2]), weights0_0_2, fma(vec4f(source2_1[1]), weights0_0_1, fma(vec4f(source2_1[0]), weights0_0_0, sum2_1_0))));
      sum2_2_0 = fma(vec4f(source2_2[3]), weights0_0_3, fma(vec4f(source2_2[2]), weights0_0_2, fma(vec4f(source2_2[1]), weights0_0_1, fma(vec4f(source2_2[0]), weights0_0_0, sum2_2_0))));
      sum2_3_0 = fma(vec4f(source2_3[3]), weights0_0_3, fma(vec4f(source2_3[2]), weights0_0_2, fma(vec4f(source2_3[1]), weights0_0_1, fma(vec4f(source2_3[0]), weights0_0_0, sum2_3_0))));
      sum3_0_0 = fma(vec4f(source3_0[3]), weights0_0_3, fma(vec4f(source3_0[2]), weights0_0_2, fma(vec4f(source3_0[1]), weights0_0_1, fma(vec4f(source3_0[0]), weights0_0_0, sum3_0_0))));
      sum3_1_0 = fma(vec4f(source3_1[3]), weights0_0_3, fma(vec4f(source3_1[2]), weights0_0_2, fma(vec4f(source3_1[1]), weights0_0_1, fma(vec4f(source3_1[0]), weights0_0_0, sum3_1_0))));
      sum3_2_0 = fma(vec4f(source3_2[3]), weights0_0_3, fma(vec4f(source3_2[2]), weights0_0_2, fma(vec4f(source3_2[1]), weights0_0_1, fma(vec4f(source3_2[0]), weights0_0_0, sum3_2_0))));
      sum3_3_0 = fma(vec4f(source3_3[3]), weights0_0_3, fma(vec4f(source3_3[2]), weights0_0_2, fma(vec4f(source3_3[1]), weights0_0_1, fma(vec4f(source3_3[0]), weights0_0_0, sum3_3_0))));
      let weights0_1_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      sum0_0_1 = fma(vec4f(source0_0[3]), weights0_1_3, fma(vec4f(source0_0[2]), weights0_1_2, fma(vec4f(source0_0[1]), weights0_1_1, fma(vec4f(source0_0[0]), weights0_1_0, sum0_0_1))));
      sum0_1_1 = fma(vec4f(source0_1[3]), weights0_1_3, fma(vec4f(source0_1[2]), weights0_1_2, fma(vec4f(source0_1[1]), weights0_1_1, fma(vec4f(source0_1[0]), weights0_1_0, sum0_1_1))));
      sum0_2_1 = fma(vec4f(source0_2[3]), weights0_1_3, fma(vec4f(source0_2[2]), weights0_1_2, fma(vec4f(source0_2[1]), weights0_1_1, fma(vec4f(source0_2[0]), weights0_1_0, sum0_2_1))));
      sum0_3_1 = fma(vec4f(source0_3[3]), weights0_1_3, fma(vec4f(source0_3[2]), weights0_1_2, fma(vec4f(source0_3[1]), weights0_1_1, fma(vec4f(source0_3[0]), weights0_1_0, sum0_3_1))));
      sum1_0_1 = fma(vec4f(source1_0[3]), weights0_1_3, fma(vec4f(source1_0[2]), weights0_1_2, fma(vec4f(source1_0[1]), weights0_1_1, fma(vec4f(source1_0[0]), weights0_1_0, sum1_0_1))));
      sum1_1_1 = fma(vec4f(source1_1[3]), weights0_1_3, fma(vec4f(source1_1[2]), weights0_1_2, fma(vec4f(source1_1[1]), weights0_1_1, fma(vec4f(source1_1[0]), weights0_1_0, sum1_1_1))));
      sum1_2_1 = fma(vec4f(source1_2[3]), weights0_1_3, fma(vec4f(source1_2[2]), weights0_1_2, fma(vec4f(source1_2[1]), weights0_1_1, fma(vec4f(source1_2[0]), weights0_1_0, sum1_2_1))));
      sum1_3_1 = fma(vec4f(source1_3[3]), weights0_1_3, fma(vec4f(source1_3[2]), weights0_1_2, fma(vec4f(source1_3[1]), weights0_1_1, fma(vec4f(source1_3[0]), weights0_1_0, sum1_3_1))));
      sum2_0_1 = fma(vec4f(source2_0[3]), weights0_1_3, fma(vec4f(source2_0[2]), weights0_1_2, fma(vec4f(source2_0[1]), weights0_1_1, fma(vec4f(source2_0[0]), weights0_1_0, sum2_0_1))));
      sum2_1_1 = fma(vec4f(source2_1[3]), weights0_1_3, fma(vec4f(source2_1[2]), weights0_1_2, fma(vec4f(source2_1[1]), weights0_1_1, fma(vec4f(source2_1[0]), weights0_1_0, sum2_1_1))));
      sum2_2_1 = fma(vec4f(source2_2[3]), weights0_1_3, fma(vec4f(source2_2[2]), weights0_1_2, fma(vec4f(source2_2[1]), weights0_1_1, fma(vec4f(source2_2[0]), weights0_1_0, sum2_2_1))));
      sum2_3_1 = fma(vec4f(source2_3[3]), weights0_1_3, fma(vec4f(source2_3[2]), weights0_1_2, fma(vec4f(source2_3[1]), weights0_1_1, fma(vec4f(source2_3[0]), weights0_1_0, sum2_3_1))));
      sum3_0_1 = fma(vec4f(source3_0[3]), weights0_1_3, fma(vec4f(source3_0[2]), weights0_1_2, fma(vec4f(source3_0[1]), weights0_1_1, fma(vec4f(source3_0[0]), weights0_1_0, sum3_0_1))));
      sum3_1_1 = fma(vec4f(source3_1[3]), weights0_1_3, fma(vec4f(source3_1[2]), weights0_1_2, fma(vec4f(source3_1[1]), weights0_1_1, fma(vec4f(source3_1[0]), weights0_1_0, sum3_1_1))));
      sum3_2_1 = fma(vec4f(source3_2[3]), weights0_1_3, fma(vec4f(source3_2[2]), weights0_1_2, fma(vec4f(source3_2[1]), weights0_1_1, fma(vec4f(source3_2[0]), weights0_1_0, sum3_2_1))));
      sum3_3_1 = fma(vec4f(source3_3[3]), weights0_1_3, fma(vec4f(source3_3[2]), weights0_1_2, fma(vec4f(source3_3[1]), weights0_1_1, fma(vec4f(source3_3[0]), weights0_1_0, sum3_3_1))));
    }
  }
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_0_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_0_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_1_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_1_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_2_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_2_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_3_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_3_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_0_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_0_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_1_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_1_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_2_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_2_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_3_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_3_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum2_0_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum2_0_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum2_1_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum2_1_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum2_2_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum2_2_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum2_3_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum2_3_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum3_0_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 0u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum3_0_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum3_1_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 1u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum3_1_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum3_2_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 2u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum3_2_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 0u) * 8u + lane), sum3_3_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 3u) * 2u + 0u), 4u * ((block + 1u) * 8u + lane), sum3_3_1);
}

fn compute1(p: u32, image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * 1u;
  let x = column * 1u;
  let corner = vec2u(x * 32u, image * 4u + y);
  var sum0_0_0 = vec4f();
  var sum0_0_1 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_1_1 = vec4f();
  var sum0_2_0 = vec4f();
  var sum0_2_1 = vec4f();
  var sum0_3_0 = vec4f();
  var sum0_3_1 = vec4f();
  var sum1_0_0 = vec4f();
  var sum1_0_1 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_1_1 = vec4f();
  var sum1_2_0 = vec4f();
  var sum1_2_1 = vec4f();
  var sum1_3_0 = vec4f();
  var sum1_3_1 = vec4f();
  var sum2_0_0 = vec4f();
  var sum2_0_1 = vec4f();
  var sum2_1_0 = vec4f();
  var sum2_1_1 = vec4f();
  var sum2_2_0 = vec4f();
  var sum2_2_1 = vec4f();
  var sum2_3_0 = vec4f();
  var sum2_3_1 = vec4f();
  var sum3_0_0 = vec4f();
  var sum3_0_1 = vec4f();
  var sum3_1_0 = vec4f();
  var sum3_1_1 = vec4f();
  var sum3_2_0 = vec4f();
  var sum3_2_1 = vec4f();
  var sum3_3_0 = vec4f();
  var sum3_3_1 = vec4f();
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum0_0_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum0_0_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum0_1_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum0_1_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum0_2_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum0_2_1);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum0_3_0);
  finish((image * 8u + ((row + 0u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum0_3_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum1_0_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum1_0_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum1_1_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum1_1_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum1_2_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum1_2_1);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum1_3_0);
  finish((image * 8u + ((row + 1u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum1_3_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum2_0_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum2_0_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum2_1_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum2_1_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum2_2_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum2_2_1);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum2_3_0);
  finish((image * 8u + ((row + 2u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum2_3_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum3_0_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 0u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum3_0_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum3_1_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 1u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum3_1_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum3_2_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 2u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum3_2_1);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 0u) * 8u + lane), sum3_3_0);
  finish((image * 8u + ((row + 3u) * 2u + p)) * 8u + ((column + 3u) * 2u + 1u), 4u * ((block + 1u) * 8u + lane), sum3_3_1);
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x;
  let lane = local % 8u;
  let p = index % 4u / 2u;
  let block = index / 4u % 1u * 2u;
  let tile = index / 4u * 4u + local / 8u;
  if (tile >= 2u || block * 8u + lane >= 16u) { return; }
  let image = tile / 1u;
  let row = tile / 1u % 1u * 4u;
  let column = tile % 1u * 4u;
  if (index % 2u == 0u) { compute0(p, image, row, column, block, lane); } else { compute1(p, image, row, column, block, lane); }
}
