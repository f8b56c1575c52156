// scratch []

// forward filter to texture, 9000×2×2 8→128 1×1/1
// bindings read=input 0, storage-texture=output 0
// grid 1×4×1, cost {"flops":0,"bytesRead":4096,"bytesWritten":4096,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 8u && channel + i < 128u) { value[i] = hwio[(tap * 8u + k) * 128u + channel + i]; }
  }
  return value;
}
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= 64u) { return; }
  let quad = at.y / 1u * 8u + at.x % 8u;
  textureStore(packed, at.xy, filterQuad(at.y % 1u, at.x / 8u, 4u * quad));
}

// scratch [{"kind":"texture","width":12,"height":6000}]

// forward source to texture, 9000×2×2 8→128 1×1/1
// bindings read=input 0, storage-texture=scratch 0
// grid 1×6000×1, cost {"flops":0,"bytesRead":1152000,"bytesWritten":1152000,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, write>;

fn load_source(image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let down = (row - 0u) * 1u;
  let right = (column - 0u) * 1u;
  let pixel = (image * 2u + min(down, 1u)) * 2u + min(right, 1u);
  let inside = down < 2u && right < 2u;
  return select(vec4f(), source[pixel * 2u + vector], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= 12u) { return; }
  let image = at.y / 2u * 3u + at.x / 4u;
  var value = vec4f();
  if (image < 9000u) {
    value = load_source(image, at.y % 2u, at.x % 4u / 2u, at.x % 2u);
  }
  textureStore(packed, at.xy, value);
}

// forward 2×2×16 from textures, 9000×2×2 8→128 1×1/1
// bindings texture=scratch 0, texture=input 1, write=output 0
// grid 2250×1×1, cost {"flops":73728000,"bytesRead":46080000,"bytesWritten":18432000,"workgroupMemory":0}
@group(0) @binding(0) var source: texture_2d<f32>;
@group(0) @binding(1) var filters: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;

fn finish(pixel: u32, channel: u32, sums: vec4f) {
  let at = pixel * 32u + channel / 4u;
  var value = sums;
  result[at] = value;
}

fn compute0(p: u32, image: u32, row: u32, column: u32, block: u32, lane: u32) {
  let y = row * 1u;
  let x = column * 1u;
  let corner = vec2u(image % 3u * 4u + x * 2u, image / 3u * 2u + y);
  var sum0_0_0 = vec4f();
  var sum0_0_1 = vec4f();
  var sum0_0_2 = vec4f();
  var sum0_0_3 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_1_1 = vec4f();
  var sum0_1_2 = vec4f();
  var sum0_1_3 = vec4f();
  var sum1_0_0 = vec4f();
  var sum1_0_1 = vec4f();
  var sum1_0_2 = vec4f();
  var sum1_0_3 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_1_1 = vec4f();
  var sum1_1_2 = vec4f();
  var sum1_1_3 = vec4f();
  for (var t = 0u; t < 1u; t++) {
    let tap = (0u + t * 1u) * 1u;
    for (var d = 0u; d < 2u; d++) {
      let source0_0 = textureLoad(source, corner + vec2u(d + 0u, 0u + t), 0);
      let source0_1 = textureLoad(source, corner + vec2u(d + 2u, 0u + t), 0);
      let source1_0 = textureLoad(source, corner + vec2u(d + 0u, 1u + t), 0);
      let source1_1 = textureLoad(source, corner + vec2u(d + 2u, 1u + t), 0);
      let weights0_0_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      let weights0_0_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 0u) * 1u + tap + 0u), 0);
      sum0_0_0 = fma(vec4f(source0_0[3]), weights0_0_3, fma(vec4f(source0_0[2]), weights0_0_2, fma(vec4f(source0_0[1]), weights0_0_1, fma(vec4f(source0_0[0]), weights0_0_0, sum0_0_0))));
      sum0_1_0 = fma(vec4f(source0_1[3]), weights0_0_3, fma(vec4f(source0_1[2]), weights0_0_2, fma(vec4f(source0_1[1]), weights0_0_1, fma(vec4f(source0_1[0]), weights0_0_0, sum0_1_0))));
      sum1_0_0 = fma(vec4f(source1_0[3]), weights0_0_3, fma(vec4f(source1_0[2]), weights0_0_2, fma(vec4f(source1_0[1]), weights0_0_1, fma(vec4f(source1_0[0]), weights0_0_0, sum1_0_0))));
      sum1_1_0 = fma(vec4f(source1_1[3]), weights0_0_3, fma(vec4f(source1_1[2]), weights0_0_2, fma(vec4f(source1_1[1]), weights0_0_1, fma(vec4f(source1_1[0]), weights0_0_0, sum1_1_0))));
      let weights0_1_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      let weights0_1_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 1u) * 1u + tap + 0u), 0);
      sum0_0_1 = fma(vec4f(source0_0[3]), weights0_1_3, fma(vec4f(source0_0[2]), weights0_1_2, fma(vec4f(source0_0[1]), weights0_1_1, fma(vec4f(source0_0[0]), weights0_1_0, sum0_0_1))));
      sum0_1_1 = fma(vec4f(source0_1[3]), weights0_1_3, fma(vec4f(source0_1[2]), weights0_1_2, fma(vec4f(source0_1[1]), weights0_1_1, fma(vec4f(source0_1[0]), weights0_1_0, sum0_1_1))));
      sum1_0_1 = fma(vec4f(source1_0[3]), weights0_1_3, fma(vec4f(source1_0[2]), weights0_1_2, fma(vec4f(source1_0[1]), weights0_1_1, fma(vec4f(source1_0[0]), weights0_1_0, sum1_0_1))));
      sum1_1_1 = fma(vec4f(source1_1[3]), weights0_1_3, fma(vec4f(source1_1[2]), weights0_1_2, fma(vec4f(source1_1[1]), weights0_1_1, fma(vec4f(source1_1[0]), weights0_1_0, sum1_1_1))));
      let weights0_2_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 2u) * 1u + tap + 0u), 0);
      let weights0_2_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 2u) * 1u + tap + 0u), 0);
      let weights0_2_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 2u) * 1u + tap + 0u), 0);
      let weights0_2_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 2u) * 1u + tap + 0u), 0);
      sum0_0_2 = fma(vec4f(source0_0[3]), weights0_2_3, fma(vec4f(source0_0[2]), weights0_2_2, fma(vec4f(source0_0[1]), weights0_2_1, fma(vec4f(source0_0[0]), weights0_2_0, sum0_0_2))));
      sum0_1_2 = fma(vec4f(source0_1[3]), weights0_2_3, fma(vec4f(source0_1[2]), weights0_2_2, fma(vec4f(source0_1[1]), weights0_2_1, fma(vec4f(source0_1[0]), weights0_2_0, sum0_1_2))));
      sum1_0_2 = fma(vec4f(source1_0[3]), weights0_2_3, fma(vec4f(source1_0[2]), weights0_2_2, fma(vec4f(source1_0[1]), weights0_2_1, fma(vec4f(source1_0[0]), weights0_2_0, sum1_0_2))));
      sum1_1_2 = fma(vec4f(source1_1[3]), weights0_2_3, fma(vec4f(source1_1[2]), weights0_2_2, fma(vec4f(source1_1[1]), weights0_2_1, fma(vec4f(source1_1[0]), weights0_2_0, sum1_1_2))));
      let weights0_3_0 = textureLoad(filters, vec2u((4u * d + 0u) * 8u + lane, (block + 3u) * 1u + tap + 0u), 0);
      let weights0_3_1 = textureLoad(filters, vec2u((4u * d + 1u) * 8u + lane, (block + 3u) * 1u + tap + 0u), 0);
      let weights0_3_2 = textureLoad(filters, vec2u((4u * d + 2u) * 8u + lane, (block + 3u) * 1u + tap + 0u), 0);
      let weights0_3_3 = textureLoad(filters, vec2u((4u * d + 3u) * 8u + lane, (block + 3u) * 1u + tap + 0u), 0);
      sum0_0_3 = fma(vec4f(source0_0[3]), weights0_3_3, fma(vec4f(source0_0[2]), weights0_3_2, fma(vec4f(source0_0[1]), weights0_3_1, fma(vec4f(source0_0[0]), weights0_3_0, sum0_0_3))));
      sum0_1_3 = fma(vec4f(source0_1[3]), weights0_3_3, fma(vec4f(source0_1[2]), weights0_3_2, fma(vec4f(source0_1[1]), weights0_3_1, fma(vec4f(source0_1[0]), weights0_3_0, sum0_1_3))));
      sum1_0_3 = fma(vec4f(source1_0[3]), weights0_3_3, fma(vec4f(source1_0[2]), weights0_3_2, fma(vec4f(source1_0[1]), weights0_3_1, fma(vec4f(source1_0[0]), weights0_3_0, sum1_0_3))));
      sum1_1_3 = fma(vec4f(source1_1[3]), weights0_3_3, fma(vec4f(source1_1[2]), weights0_3_2, fma(vec4f(source1_1[1]), weights0_3_1, fma(vec4f(source1_1[0]), weights0_3_0, sum1_1_3))));
    }
  }
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_0_0);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_0_1);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 2u) * 8u + lane), sum0_0_2);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 3u) * 8u + lane), sum0_0_3);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 0u) * 8u + lane), sum0_1_0);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 1u) * 8u + lane), sum0_1_1);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 2u) * 8u + lane), sum0_1_2);
  finish((image * 2u + ((row + 0u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 3u) * 8u + lane), sum0_1_3);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_0_0);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_0_1);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 2u) * 8u + lane), sum1_0_2);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 0u) * 1u + 0u), 4u * ((block + 3u) * 8u + lane), sum1_0_3);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 0u) * 8u + lane), sum1_1_0);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 1u) * 8u + lane), sum1_1_1);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 2u) * 8u + lane), sum1_1_2);
  finish((image * 2u + ((row + 1u) * 1u + p)) * 2u + ((column + 1u) * 1u + 0u), 4u * ((block + 3u) * 8u + lane), sum1_1_3);
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x;
  let lane = local % 8u;
  let p = index % 1u / 1u;
  let block = index / 1u % 1u * 4u;
  let tile = index / 1u * 4u + local / 8u;
  if (tile >= 9000u || block * 8u + lane >= 32u) { return; }
  let image = tile / 1u;
  let row = tile / 1u % 1u * 2u;
  let column = tile % 1u * 2u;
  compute0(p, image, row, column, block, lane);
}
