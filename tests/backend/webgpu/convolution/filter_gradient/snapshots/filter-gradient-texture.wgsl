// scratch [{"kind":"texture","width":16,"height":32},{"kind":"texture","width":18,"height":24}]

// texture of 4×6×5×8
// bindings read=input 0, storage-texture=scratch 0
// grid 8×1×1, cost {"flops":0,"bytesRead":3840,"bytesWritten":8192,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> tensor: array<vec4f>;
@group(0) @binding(1) var texels: texture_storage_2d<rgba32float, write>;

fn load_tensor(image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let down = (row - 1u) * 1u;
  let right = (column - 1u) * 1u;
  let pixel = (image * 6u + min(down, 5u)) * 5u + min(right, 4u);
  let inside = down < 6u && right < 5u;
  return select(vec4f(), tensor[pixel * 2u + vector], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 512u) { return; }
  let quad = id % 2u;
  let column = id / 2u % 8u;
  let row = id / 16u % 8u;
  let image = id / 128u;
  textureStore(texels, vec2u((column) * 2u + quad, image * 8u + row), load_tensor(image, row, column, quad));
}

// texture of 4×6×5×12
// bindings read=input 1, storage-texture=scratch 1
// grid 7×1×1, cost {"flops":0,"bytesRead":5760,"bytesWritten":6912,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> tensor: array<vec4f>;
@group(0) @binding(1) var texels: texture_storage_2d<rgba32float, write>;

fn load_tensor(image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let down = (row - 0u) * 1u;
  let right = (column - 0u) * 1u;
  let pixel = (image * 6u + min(down, 5u)) * 5u + min(right, 4u);
  let inside = down < 6u && right < 5u;
  return select(vec4f(), tensor[pixel * 3u + vector], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 64u + local;
  if (id >= 432u) { return; }
  let quad = id % 3u;
  let column = id / 3u % 6u;
  let row = id / 18u % 6u;
  let image = id / 108u;
  textureStore(texels, vec2u((column) * 3u + quad, image * 6u + row), load_tensor(image, row, column, quad));
}

// filter gradient 4×6×5 8→12 3×3/1, textures 3×8×8, 1 parts
// bindings texture=scratch 0, texture=scratch 1, write=output 0
// grid 1×1×1, cost {"flops":331776,"bytesRead":73728,"bytesWritten":3456,"workgroupMemory":0}
@group(0) @binding(0) var x: texture_2d<f32>;
@group(0) @binding(1) var dy: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x * 32u + local;
  if (id >= 6u) { return; }
  let outQuad = id % 2u * 2u;
  let inQuad = id / 2u % 1u * 2u;
  let down = id / 2u % 3u;
  let part = id / 6u;
  var s0_0_0 = vec4f();
  var s0_0_1 = vec4f();
  var s0_1_0 = vec4f();
  var s0_1_1 = vec4f();
  var s0_2_0 = vec4f();
  var s0_2_1 = vec4f();
  var s0_3_0 = vec4f();
  var s0_3_1 = vec4f();
  var s0_4_0 = vec4f();
  var s0_4_1 = vec4f();
  var s0_5_0 = vec4f();
  var s0_5_1 = vec4f();
  var s0_6_0 = vec4f();
  var s0_6_1 = vec4f();
  var s0_7_0 = vec4f();
  var s0_7_1 = vec4f();
  var s1_0_0 = vec4f();
  var s1_0_1 = vec4f();
  var s1_1_0 = vec4f();
  var s1_1_1 = vec4f();
  var s1_2_0 = vec4f();
  var s1_2_1 = vec4f();
  var s1_3_0 = vec4f();
  var s1_3_1 = vec4f();
  var s1_4_0 = vec4f();
  var s1_4_1 = vec4f();
  var s1_5_0 = vec4f();
  var s1_5_1 = vec4f();
  var s1_6_0 = vec4f();
  var s1_6_1 = vec4f();
  var s1_7_0 = vec4f();
  var s1_7_1 = vec4f();
  var s2_0_0 = vec4f();
  var s2_0_1 = vec4f();
  var s2_1_0 = vec4f();
  var s2_1_1 = vec4f();
  var s2_2_0 = vec4f();
  var s2_2_1 = vec4f();
  var s2_3_0 = vec4f();
  var s2_3_1 = vec4f();
  var s2_4_0 = vec4f();
  var s2_4_1 = vec4f();
  var s2_5_0 = vec4f();
  var s2_5_1 = vec4f();
  var s2_6_0 = vec4f();
  var s2_6_1 = vec4f();
  var s2_7_0 = vec4f();
  var s2_7_1 = vec4f();
  for (var line = part * 24u; line < min((part + 1u) * 24u, 24u); line++) {
    let image = line / 6u;
    let row = line % 6u;
    for (var column = 0u; column < 6u; column += 3u) {
      let x0_0 = textureLoad(x, vec2u((column * 1u + 0u) * 2u + (inQuad + 0u), image * 8u + row * 1u + down), 0);
      let x0_1 = textureLoad(x, vec2u((column * 1u + 0u) * 2u + (inQuad + 1u), image * 8u + row * 1u + down), 0);
      let x1_0 = textureLoad(x, vec2u((column * 1u + 1u) * 2u + (inQuad + 0u), image * 8u + row * 1u + down), 0);
      let x1_1 = textureLoad(x, vec2u((column * 1u + 1u) * 2u + (inQuad + 1u), image * 8u + row * 1u + down), 0);
      let x2_0 = textureLoad(x, vec2u((column * 1u + 2u) * 2u + (inQuad + 0u), image * 8u + row * 1u + down), 0);
      let x2_1 = textureLoad(x, vec2u((column * 1u + 2u) * 2u + (inQuad + 1u), image * 8u + row * 1u + down), 0);
      let x3_0 = textureLoad(x, vec2u((column * 1u + 3u) * 2u + (inQuad + 0u), image * 8u + row * 1u + down), 0);
      let x3_1 = textureLoad(x, vec2u((column * 1u + 3u) * 2u + (inQuad + 1u), image * 8u + row * 1u + down), 0);
      let x4_0 = textureLoad(x, vec2u((column * 1u + 4u) * 2u + (inQuad + 0u), image * 8u + row * 1u + down), 0);
      let x4_1 = textureLoad(x, vec2u((column * 1u + 4u) * 2u + (inQuad + 1u), image * 8u + row * 1u + down), 0);
      let d0_0 = textureLoad(dy, vec2u((column + 0u) * 3u + (outQuad + 0u), image * 6u + row), 0);
      let d0_1 = textureLoad(dy, vec2u((column + 0u) * 3u + (outQuad + 1u), image * 6u + row), 0);
      let d1_0 = textureLoad(dy, vec2u((column + 1u) * 3u + (outQuad + 0u), image * 6u + row), 0);
      let d1_1 = textureLoad(dy, vec2u((column + 1u) * 3u + (outQuad + 1u), image * 6u + row), 0);
      let d2_0 = textureLoad(dy, vec2u((column + 2u) * 3u + (outQuad + 0u), image * 6u + row), 0);
      let d2_1 = textureLoad(dy, vec2u((column + 2u) * 3u + (outQuad + 1u), image * 6u + row), 0);
      s0_0_0 = fma(vec4f(x0_0[0]), d0_0, s0_0_0);
      s0_0_0 = fma(vec4f(x1_0[0]), d1_0, s0_0_0);
      s0_0_0 = fma(vec4f(x2_0[0]), d2_0, s0_0_0);
      s0_0_1 = fma(vec4f(x0_0[0]), d0_1, s0_0_1);
      s0_0_1 = fma(vec4f(x1_0[0]), d1_1, s0_0_1);
      s0_0_1 = fma(vec4f(x2_0[0]), d2_1, s0_0_1);
      s0_1_0 = fma(vec4f(x0_0[1]), d0_0, s0_1_0);
      s0_1_0 = fma(vec4f(x1_0[1]), d1_0, s0_1_0);
      s0_1_0 = fma(vec4f(x2_0[1]), d2_0, s0_1_0);
      s0_1_1 = fma(vec4f(x0_0[1]), d0_1, s0_1_1);
      s0_1_1 = fma(vec4f(x1_0[1]), d1_1, s0_1_1);
      s0_1_1 = fma(vec4f(x2_0[1]), d2_1, s0_1_1);
      s0_2_0 = fma(vec4f(x0_0[2]), d0_0, s0_2_0);
      s0_2_0 = fma(vec4f(x1_0[2]), d1_0, s0_2_0);
      s0_2_0 = fma(vec4f(x2_0[2]), d2_0, s0_2_0);
      s0_2_1 = fma(vec4f(x0_0[2]), d0_1, s0_2_1);
      s0_2_1 = fma(vec4f(x1_0[2]), d1_1, s0_2_1);
      s0_2_1 = fma(vec4f(x2_0[2]), d2_1, s0_2_1);
      s0_3_0 = fma(vec4f(x0_0[3]), d0_0, s0_3_0);
      s0_3_0 = fma(vec4f(x1_0[3]), d1_0, s0_3_0);
      s0_3_0 = fma(vec4f(x2_0[3]), d2_0, s0_3_0);
      s0_3_1 = fma(vec4f(x0_0[3]), d0_1, s0_3_1);
      s0_3_1 = fma(vec4f(x1_0[3]), d1_1, s0_3_1);
      s0_3_1 = fma(vec4f(x2_0[3]), d2_1, s0_3_1);
      s0_4_0 = fma(vec4f(x0_1[0]), d0_0, s0_4_0);
      s0_4_0 = fma(vec4f(x1_1[0]), d1_0, s0_4_0);
      s0_4_0 = fma(vec4f(x2_1[0]), d2_0, s0_4_0);
      s0_4_1 = fma(vec4f(x0_1[0]), d0_1, s0_4_1);
      s0_4_1 = fma(vec4f(x1_1[0]), d1_1, s0_4_1);
      s0_4_1 = fma(vec4f(x2_1[0]), d2_1, s0_4_1);
      s0_5_0 = fma(vec4f(x0_1[1]), d0_0, s0_5_0);
      s0_5_0 = fma(vec4f(x1_1[1]), d1_0, s0_5_0);
      s0_5_0 = fma(vec4f(x2_1[1]), d2_0, s0_5_0);
      s0_5_1 = fma(vec4f(x0_1[1]), d0_1, s0_5_1);
      s0_5_1 = fma(vec4f(x1_1[1]), d1_1, s0_5_1);
      s0_5_1 = fma(vec4f(x2_1[1]), d2_1, s0_5_1);
      s0_6_0 = fma(vec4f(x0_1[2]), d0_0, s0_6_0);
      s0_6_0 = fma(vec4f(x1_1[2]), d1_0, s0_6_0);
      s0_6_0 = fma(vec4f(x2_1[2]), d2_0, s0_6_0);
      s0_6_1 = fma(vec4f(x0_1[2]), d0_1, s0_6_1);
      s0_6_1 = fma(vec4f(x1_1[2]), d1_1, s0_6_1);
      s0_6_1 = fma(vec4f(x2_1[2]), d2_1, s0_6_1);
      s0_7_0 = fma(vec4f(x0_1[3]), d0_0, s0_7_0);
      s0_7_0 = fma(vec4f(x1_1[3]), d1_0, s0_7_0);
      s0_7_0 = fma(vec4f(x2_1[3]), d2_0, s0_7_0);
      s0_7_1 = fma(vec4f(x0_1[3]), d0_1, s0_7_1);
      s0_7_1 = fma(vec4f(x1_1[3]), d1_1, s0_7_1);
      s0_7_1 = fma(vec4f(x2_1[3]), d2_1, s0_7_1);
      s1_0_0 = fma(vec4f(x1_0[0]), d0_0, s1_0_0);
      s1_0_0 = fma(vec4f(x2_0[0]), d1_0, s1_0_0);
      s1_0_0 = fma(vec4f(x3_0[0]), d2_0, s1_0_0);
      s1_0_1 = fma(vec4f(x1_0[0]), d0_1, s1_0_1);
      s1_0_1 = fma(vec4f(x2_0[0]), d1_1, s1_0_1);
      s1_0_1 = fma(vec4f(x3_0[0]), d2_1, s1_0_1);
      s1_1_0 = fma(vec4f(x1_0[1]), d0_0, s1_1_0);
      s1_1_0 = fma(vec4f(x2_0[1]), d1_0, s1_1_0);
      s1_1_0 = fma(vec4f(x3_0[1]), d2_0, s1_1_0);
      s1_1_1 = fma(vec4f(x1_0[1]), d0_1, s1_1_1);
      s1_1_1 = fma(vec4f(x2_0[1]), d1_1, s1_1_1);
      s1_1_1 = fma(vec4f(x3_0[1]), d2_1, s1_1_1);
      s1_2_0 = fma(vec4f(x1_0[2]), d0_0, s1_2_0);
      s1_2_0 = fma(vec4f(x2_0[2]), d1_0, s1_2_0);
      s1_2_0 = fma(vec4f(x3_0[2]), d2_0, s1_2_0);
      s1_2_1 = fma(vec4f(x1_0[2]), d0_1, s1_2_1);
      s1_2_1 = fma(vec4f(x2_0[2]), d1_1, s1_2_1);
      s1_2_1 = fma(vec4f(x3_0[2]), d2_1, s1_2_1);
      s1_3_0 = fma(vec4f(x1_0[3]), d0_0, s1_3_0);
      s1_3_0 = fma(vec4f(x2_0[3]), d1_0, s1_3_0);
      s1_3_0 = fma(vec4f(x3_0[3]), d2_0, s1_3_0);
      s1_3_1 = fma(vec4f(x1_0[3]), d0_1, s1_3_1);
      s1_3_1 = fma(vec4f(x2_0[3]), d1_1, s1_3_1);
      s1_3_1 = fma(vec4f(x3_0[3]), d2_1, s1_3_1);
      s1_4_0 = fma(vec4f(x1_1[0]), d0_0, s1_4_0);
      s1_4_0 = fma(vec4f(x2_1[0]), d1_0, s1_4_0);
      s1_4_0 = fma(vec4f(x3_1[0]), d2_0, s1_4_0);
      s1_4_1 = fma(vec4f(x1_1[0]), d0_1, s1_4_1);
      s1_4_1 = fma(vec4f(x2_1[0]), d1_1, s1_4_1);
      s1_4_1 = fma(vec4f(x3_1[0]), d2_1, s1_4_1);
      s1_5_0 = fma(vec4f(x1_1[1]), d0_0, s1_5_0);
      s1_5_0 = fma(vec4f(x2_1[1]), d1_0, s1_5_0);
      s1_5_0 = fma(vec4f(x3_1[1]), d2_0, s1_5_0);
      s1_5_1 = fma(vec4f(x1_1[1]), d0_1, s1_5_1);
      s1_5_1 = fma(vec4f(x2_1[1]), d1_1, s1_5_1);
      s1_5_1 = fma(vec4f(x3_1[1]), d2_1, s1_5_1);
      s1_6_0 = fma(vec4f(x1_1[2]), d0_0, s1_6_0);
      s1_6_0 = fma(vec4f(x2_1[2]), d1_0, s1_6_0);
      s1_6_0 = fma(vec4f(x3_1[2]), d2_0, s1_6_0);
      s1_6_1 = fma(vec4f(x1_1[2]), d0_1, s1_6_1);
      s1_6_1 = fma(vec4f(x2_1[2]), d1_1, s1_6_1);
      s1_6_1 = fma(vec4f(x3_1[2]), d2_1, s1_6_1);
      s1_7_0 = fma(vec4f(x1_1[3]), d0_0, s1_7_0);
      s1_7_0 = fma(vec4f(x2_1[3]), d1_0, s1_7_0);
      s1_7_0 = fma(vec4f(x3_1[3]), d2_0, s1_7_0);
      s1_7_1 = fma(vec4f(x1_1[3]), d0_1, s1_7_1);
      s1_7_1 = fma(vec4f(x2_1[3]), d1_1, s1_7_1);
      s1_7_1 = fma(vec4f(x3_1[3]), d2_1, s1_7_1);
      s2_0_0 = fma(vec4f(x2_0[0]), d0_0, s2_0_0);
      s2_0_0 = fma(vec4f(x3_0[0]), d1_0, s2_0_0);
      s2_0_0 = fma(vec4f(x4_0[0]), d2_0, s2_0_0);
      s2_0_1 = fma(vec4f(x2_0[0]), d0_1, s2_0_1);
      s2_0_1 = fma(vec4f(x3_0[0]), d1_1, s2_0_1);
      s2_0_1 = fma(vec4f(x4_0[0]), d2_1, s2_0_1);
      s2_1_0 = fma(vec4f(x2_0[1]), d0_0, s2_1_0);
      s2_1_0 = fma(vec4f(x3_0[1]), d1_0, s2_1_0);
      s2_1_0 = fma(vec4f(x4_0[1]), d2_0, s2_1_0);
      s2_1_1 = fma(vec4f(x2_0[1]), d0_1, s2_1_1);
      s2_1_1 = fma(vec4f(x3_0[1]), d1_1, s2_1_1);
      s2_1_1 = fma(vec4f(x4_0[1]), d2_1, s2_1_1);
      s2_2_0 = fma(vec4f(x2_0[2]), d0_0, s2_2_0);
      s2_2_0 = fma(vec4f(x3_0[2]), d1_0, s2_2_0);
      s2_2_0 = fma(vec4f(x4_0[2]), d2_0, s2_2_0);
      s2_2_1 = fma(vec4f(x2_0[2]), d0_1, s2_2_1);
      s2_2_1 = fma(vec4f(x3_0[2]), d1_1, s2_2_1);
      s2_2_1 = fma(vec4f(x4_0[2]), d2_1, s2_2_1);
      s2_3_0 = fma(vec4f(x2_0[3]), d0_0, s2_3_0);
      s2_3_0 = fma(vec4f(x3_0[3]), d1_0, s2_3_0);
      s2_3_0 = fma(vec4f(x4_0[3]), d2_0, s2_3_0);
      s2_3_1 = fma(vec4f(x2_0[3]), d0_1, s2_3_1);
      s2_3_1 = fma(vec4f(x3_0[3]), d1_1, s2_3_1);
      s2_3_1 = fma(vec4f(x4_0[3]), d2_1, s2_3_1);
      s2_4_0 = fma(vec4f(x2_1[0]), d0_0, s2_4_0);
      s2_4_0 = fma(vec4f(x3_1[0]), d1_0, s2_4_0);
      s2_4_0 = fma(vec4f(x4_1[0]), d2_0, s2_4_0);
      s2_4_1 = fma(vec4f(x2_1[0]), d0_1, s2_4_1);
      s2_4_1 = fma(vec4f(x3_1[0]), d1_1, s2_4_1);
      s2_4_1 = fma(vec4f(x4_1[0]), d2_1, s2_4_1);
      s2_5_0 = fma(vec4f(x2_1[1]), d0_0, s2_5_0);
      s2_5_0 = fma(vec4f(x3_1[1]), d1_0, s2_5_0);
      s2_5_0 = fma(vec4f(x4_1[1]), d2_0, s2_5_0);
      s2_5_1 = fma(vec4f(x2_1[1]), d0_1, s2_5_1);
      s2_5_1 = fma(vec4f(x3_1[1]), d1_1, s2_5_1);
      s2_5_1 = fma(vec4f(x4_1[1]), d2_1, s2_5_1);
      s2_6_0 = fma(vec4f(x2_1[2]), d0_0, s2_6_0);
      s2_6_0 = fma(vec4f(x3_1[2]), d1_0, s2_6_0);
      s2_6_0 = fma(vec4f(x4_1[2]), d2_0, s2_6_0);
      s2_6_1 = fma(vec4f(x2_1[2]), d0_1, s2_6_1);
      s2_6_1 = fma(vec4f(x3_1[2]), d1_1, s2_6_1);
      s2_6_1 = fma(vec4f(x4_1[2]), d2_1, s2_6_1);
      s2_7_0 = fma(vec4f(x2_1[3]), d0_0, s2_7_0);
      s2_7_0 = fma(vec4f(x3_1[3]), d1_0, s2_7_0);
      s2_7_0 = fma(vec4f(x4_1[3]), d2_0, s2_7_0);
      s2_7_1 = fma(vec4f(x2_1[3]), d0_1, s2_7_1);
      s2_7_1 = fma(vec4f(x3_1[3]), d1_1, s2_7_1);
      s2_7_1 = fma(vec4f(x4_1[3]), d2_1, s2_7_1);
    }
  }
  let first = (part * 3u + down) * 3u;
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 0u)] = s0_0_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 1u)] = s0_0_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 0u)] = s0_1_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 1u)] = s0_1_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 0u)] = s0_2_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 1u)] = s0_2_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 0u)] = s0_3_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 1u)] = s0_3_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 0u)] = s0_4_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 1u)] = s0_4_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 0u)] = s0_5_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 1u)] = s0_5_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 0u)] = s0_6_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 1u)] = s0_6_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 0u)] = s0_7_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 0u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 1u)] = s0_7_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 0u)] = s1_0_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 1u)] = s1_0_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 0u)] = s1_1_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 1u)] = s1_1_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 0u)] = s1_2_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 1u)] = s1_2_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 0u)] = s1_3_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 1u)] = s1_3_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 0u)] = s1_4_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 1u)] = s1_4_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 0u)] = s1_5_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 1u)] = s1_5_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 0u)] = s1_6_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 1u)] = s1_6_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 0u)] = s1_7_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 1u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 1u)] = s1_7_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 0u)] = s2_0_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 0u) * 3u + (outQuad + 1u)] = s2_0_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 0u)] = s2_1_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 1u) * 3u + (outQuad + 1u)] = s2_1_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 0u)] = s2_2_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 2u) * 3u + (outQuad + 1u)] = s2_2_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 0u)] = s2_3_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 3u) * 3u + (outQuad + 1u)] = s2_3_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 0u)] = s2_4_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 4u) * 3u + (outQuad + 1u)] = s2_4_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 0u)] = s2_5_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 5u) * 3u + (outQuad + 1u)] = s2_5_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 0u)] = s2_6_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 6u) * 3u + (outQuad + 1u)] = s2_6_1; }
  if (4u * (outQuad + 0u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 0u)] = s2_7_0; }
  if (4u * (outQuad + 1u) < 12u) { sums[((first + 2u) * 8u + 4u * inQuad + 7u) * 3u + (outQuad + 1u)] = s2_7_1; }
}
