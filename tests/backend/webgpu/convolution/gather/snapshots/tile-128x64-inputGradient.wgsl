// scratch []

// inputGradient filter to f16 rows, 2×6×5 12→7 3×3/2
// bindings read=input 0, write=output 0
// grid 27×1×1, cost {"flops":0,"bytesRead":3024,"bytesWritten":13824,"workgroupMemory":0}
enable f16;
@group(0) @binding(0) var<storage, read> hwio: array<f32>;

fn filterQuad(tap: u32, k: u32, channel: u32) -> vec4f {
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    if (k < 12u && channel + i < 7u) { value[i] = hwio[((8u - tap) * 7u + channel + i) * 12u + k]; }
  }
  return value;
}
@group(0) @binding(1) var<storage, read_write> packed: array<vec4h>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = group.x * 64u + local;
  if (at >= 1728u) { return; }
  let row = at / 16u;
  packed[at] = vec4h(filterQuad(row / 12u, row % 12u, at % 16u * 4u));
}

// scratch []

// inputGradient tile 128×64 f16, 2×6×5 12→7 3×3/2
// bindings read=input 0, read=input 1, read=input 2, read=input 3, write=output 0
// grid 4×1×1, cost {"flops":21168,"bytesRead":85280,"bytesWritten":1680,"workgroupMemory":6272}
enable f16;
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read> filters: array<vec4h>;

fn load_source(image: u32, row: u32, column: u32, quad: u32) -> vec4f {
  let down = (row - 0u) * 1u;
  let right = (column - 0u) * 1u;
  let pixel = (image * 3u + min(down, 2u)) * 3u + min(right, 2u);
  let inside = down < 3u && right < 3u;
  return select(vec4f(), source[pixel * 3u + quad], inside);
}
@group(0) @binding(2) var<storage, read> add: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

fn finish(pixel: u32, channel: u32, sums: vec4f) {
  for (var i = 0u; i < min(4u, 7u - channel); i++) {
    let at = pixel * 7u + channel + i;
    var value = sums[i];
    value += add[at];
    value = select(f32(), value, mask[at] > f32());
    result[at] = value;
  }
}

var<workgroup> pixelTile: array<vec4h, 528>;
var<workgroup> weightTile: array<vec4h, 256>;

struct Pixel { image: u32, row: u32, column: u32 }

fn pixelAt(index: u32) -> Pixel {
  let row = index / 3u;
  return Pixel(row / 3u, row % 3u, index % 3u);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x;
  let p = index % 4u / 2u;
  let q = index % 2u;
  let block = index / 4u % 1u;
  let tile = index / 4u * 128u;
  let rowTaps = (1u + p);
  let columnTaps = (1u + q);
  let quads = rowTaps * columnTaps * 3u;
  let loadQuad = local % 4u;
  let loadPixels = local / 4u;
  let to = 4u * loadQuad * 33u + loadPixels;
  let pixel0 = pixelAt(tile + 4u * loadPixels + 0u);
  let pixel1 = pixelAt(tile + 4u * loadPixels + 1u);
  let pixel2 = pixelAt(tile + 4u * loadPixels + 2u);
  let pixel3 = pixelAt(tile + 4u * loadPixels + 3u);
  let mine = local / 8u;
  let lane = local % 8u;
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
    let tap = quad / 3u;
    let y = tap / columnTaps;
    let x = tap % columnTaps;
    let v0 = select(vec4f(), load_source(pixel0.image, pixel0.row * 1u + y, pixel0.column * 1u + x, quad % 3u), quad < quads);
    let v1 = select(vec4f(), load_source(pixel1.image, pixel1.row * 1u + y, pixel1.column * 1u + x, quad % 3u), quad < quads);
    let v2 = select(vec4f(), load_source(pixel2.image, pixel2.row * 1u + y, pixel2.column * 1u + x, quad % 3u), quad < quads);
    let v3 = select(vec4f(), load_source(pixel3.image, pixel3.row * 1u + y, pixel3.column * 1u + x, quad % 3u), quad < quads);
    pixelTile[to + 0u] = vec4h(vec4f(v0[0], v1[0], v2[0], v3[0]));
    pixelTile[to + 33u] = vec4h(vec4f(v0[1], v1[1], v2[1], v3[1]));
    pixelTile[to + 66u] = vec4h(vec4f(v0[2], v1[2], v2[2], v3[2]));
    pixelTile[to + 99u] = vec4h(vec4f(v0[3], v1[3], v2[3], v3[3]));
    for (var i = local; i < 256u; i += 128u) {
      // Beyond the last row, where the pixels' tile is zero, any weight will do.
      let quad = min(first + i / 64u, quads - 1u);
      let tap = quad / 3u;
      let filterRow = (1u - p) + tap / columnTaps * 2u;
      let filterTap = filterRow * 3u + (1u - q) + tap % columnTaps * 2u;
      let weightRow = (filterTap * 3u + quad % 3u) * 4u + i / 16u % 4u;
      let column = block * 16u + i % 16u;
      weightTile[i] = filters[weightRow * 16u + column];
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let pixels0 = vec4f(pixelTile[k * 33u + mine + 0u]);
      let weights0 = vec4f(weightTile[k * 16u + lane + 0u]);
      let pixels1 = vec4f(pixelTile[k * 33u + mine + 16u]);
      let weights1 = vec4f(weightTile[k * 16u + lane + 8u]);
      sum0_0 = fma(vec4f(pixels0[0]), weights0, sum0_0);
      sum0_1 = fma(vec4f(pixels0[0]), weights1, sum0_1);
      sum1_0 = fma(vec4f(pixels0[1]), weights0, sum1_0);
      sum1_1 = fma(vec4f(pixels0[1]), weights1, sum1_1);
      sum2_0 = fma(vec4f(pixels0[2]), weights0, sum2_0);
      sum2_1 = fma(vec4f(pixels0[2]), weights1, sum2_1);
      sum3_0 = fma(vec4f(pixels0[3]), weights0, sum3_0);
      sum3_1 = fma(vec4f(pixels0[3]), weights1, sum3_1);
      sum4_0 = fma(vec4f(pixels1[0]), weights0, sum4_0);
      sum4_1 = fma(vec4f(pixels1[0]), weights1, sum4_1);
      sum5_0 = fma(vec4f(pixels1[1]), weights0, sum5_0);
      sum5_1 = fma(vec4f(pixels1[1]), weights1, sum5_1);
      sum6_0 = fma(vec4f(pixels1[2]), weights0, sum6_0);
      sum6_1 = fma(vec4f(pixels1[2]), weights1, sum6_1);
      sum7_0 = fma(vec4f(pixels1[3]), weights0, sum7_0);
      sum7_1 = fma(vec4f(pixels1[3]), weights1, sum7_1);
    }
    workgroupBarrier();
  }

  store(p, q, tile + 4u * mine + 0u, block * 64u + 4u * lane, sum0_0, sum0_1);
  store(p, q, tile + 4u * mine + 1u, block * 64u + 4u * lane, sum1_0, sum1_1);
  store(p, q, tile + 4u * mine + 2u, block * 64u + 4u * lane, sum2_0, sum2_1);
  store(p, q, tile + 4u * mine + 3u, block * 64u + 4u * lane, sum3_0, sum3_1);
  store(p, q, tile + 4u * mine + 64u, block * 64u + 4u * lane, sum4_0, sum4_1);
  store(p, q, tile + 4u * mine + 65u, block * 64u + 4u * lane, sum5_0, sum5_1);
  store(p, q, tile + 4u * mine + 66u, block * 64u + 4u * lane, sum6_0, sum6_1);
  store(p, q, tile + 4u * mine + 67u, block * 64u + 4u * lane, sum7_0, sum7_1);
}

fn store(p: u32, q: u32, index: u32, channel: u32, low: vec4f, high: vec4f) {
  let pixel = pixelAt(index);
  let row = pixel.row * 2u + p;
  let column = pixel.column * 2u + q;
  if (pixel.image >= 2u || row >= 6u || column >= 5u) { return; }
  let at = (pixel.image * 6u + row) * 5u + column;
  if (channel < 7u) { finish(at, channel, low); }
  if (channel + 32u < 7u) { finish(at, channel + 32u, high); }
}
