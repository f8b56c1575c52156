// scratch {"kind":"buffer","bytes":80}
// scratch {"kind":"buffer","bytes":128}
// batchNormGradient [3,4,4,5] masked sums
// grid 2 × 1 × 1; input 0, input 1, input 2, input 5, scratch 0
// {"flops":960,"bytesRead":2880,"bytesWritten":80,"workgroupMemory":2048}
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

const first_chunk = array<u32, 3>(0u, 1u, 2u);
const first_pixel = array<u32, 3>(0u, 32u, 48u);

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * 256u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + 256u, first_pixel[group + 1u]);
}

struct Sums { slope: f32, product: f32 }

var<workgroup> sums: array<Sums, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let chunk = workgroup / 1u;
  let group_index = group_of(chunk);
  let end = end_of(chunk, group_index);
  let channel = workgroup % 1u * 8u + lane % 8u;
  let inside = channel < 5u;
  let unit = min(channel, 4u);
  var pixel = select(end, first_of(chunk, group_index) + lane / 8u, inside);
  let centre = mean[group_index * 5u + unit];
  var sum = Sums();
  for (; pixel + 96u < end; pixel += 128u) {
    { let at = (pixel + 0u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); sum.slope += g; sum.product += g * (x[at] - centre); }
    { let at = (pixel + 32u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); sum.slope += g; sum.product += g * (x[at] - centre); }
    { let at = (pixel + 64u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); sum.slope += g; sum.product += g * (x[at] - centre); }
    { let at = (pixel + 96u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); sum.slope += g; sum.product += g * (x[at] - centre); }
  }
  for (; pixel < end; pixel += 32u) {
    let at = pixel * 5u + unit;
    let g = select(f32(), dy[at], y[at] > f32()); sum.slope += g; sum.product += g * (x[at] - centre);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = 16u; half > 0u; half /= 2u) {
    if (lane / 8u < half) {
      let other = lane + half * 8u;
      sums[lane].slope += sums[other].slope;
      sums[lane].product += sums[other].product;
    }
    workgroupBarrier();
  }
  if (lane < 8u && inside) {
    partials[2u * chunk * 5u + unit] = sums[lane].slope;
    partials[(2u * chunk + 1u) * 5u + unit] = sums[lane].product;
  }
}

// batchNormGradient [3,4,4,5] masked finish
// grid 1 × 1 × 1; scratch 0, input 3, input 4, output 1, output 2, scratch 1
// {"flops":110,"bytesRead":160,"bytesWritten":160,"workgroupMemory":2048}
@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> variance: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dBeta: array<f32>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<f32>;

const first_chunk = array<u32, 3>(0u, 1u, 2u);
const first_pixel = array<u32, 3>(0u, 32u, 48u);

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * 256u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + 256u, first_pixel[group + 1u]);
}

struct Sums { slope: f32, product: f32 }

var<workgroup> sums: array<Sums, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let channel = workgroup * 8u + lane % 8u;
  let unit = min(channel, 4u);
  let stores = lane < 8u && channel < 5u;
  var total = Sums();
  for (var group_index = 0u; group_index < 2u; group_index++) {
    var sum = Sums();
    var chunk = first_chunk[group_index] + lane / 8u;
    for (; chunk < first_chunk[group_index + 1u]; chunk += 32u) {
      sum.slope += partials[2u * chunk * 5u + unit];
      sum.product += partials[(2u * chunk + 1u) * 5u + unit];
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = 16u; half > 0u; half /= 2u) {
      if (lane / 8u < half) {
        let other = lane + half * 8u;
        sums[lane].slope += sums[other].slope;
        sums[lane].product += sums[other].product;
      }
      workgroupBarrier();
    }
    if (stores) {
      let at = group_index * 5u + unit;
      let count = f32(first_pixel[group_index + 1u] - first_pixel[group_index]);
      let inverse = inverseSqrt(variance[at] + 0.00001f);
      let normalised = sums[lane].product * inverse;
      total.slope += sums[lane].slope;
      total.product += normalised;
      coefficients[at] = gamma[unit] * inverse;
      coefficients[at + 10u] = sums[lane].slope / count;
      coefficients[at + 20u] = normalised * inverse / count;
    }
  }
  if (stores) {
    dGamma[unit] = total.product;
    dBeta[unit] = total.slope;
  }
}

// batchNormGradient [3,4,4,5] masked apply add
// grid 2 × 1 × 1; input 0, input 1, input 2, input 5, scratch 1, output 0, output 3
// {"flops":1200,"bytesRead":11072,"bytesWritten":1920,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> dAdd: array<f32>;

const first_chunk = array<u32, 3>(0u, 1u, 2u);
const first_pixel = array<u32, 3>(0u, 32u, 48u);

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * 256u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + 256u, first_pixel[group + 1u]);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let chunk = workgroup / 1u;
  let group_index = group_of(chunk);
  let end = end_of(chunk, group_index);
  let channel = workgroup % 1u * 8u + lane % 8u;
  let inside = channel < 5u;
  let unit = min(channel, 4u);
  var pixel = select(end, first_of(chunk, group_index) + lane / 8u, inside);
  let place = group_index * 5u + unit;
  let centre = mean[place];
  let scale = coefficients[place];
  let average = coefficients[place + 10u];
  let slope = coefficients[place + 20u];
  for (; pixel + 96u < end; pixel += 128u) {
    { let at = (pixel + 0u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); dx[at] = scale * (g - average - (x[at] - centre) * slope); dAdd[at] = g; }
    { let at = (pixel + 32u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); dx[at] = scale * (g - average - (x[at] - centre) * slope); dAdd[at] = g; }
    { let at = (pixel + 64u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); dx[at] = scale * (g - average - (x[at] - centre) * slope); dAdd[at] = g; }
    { let at = (pixel + 96u) * 5u + unit; let g = select(f32(), dy[at], y[at] > f32()); dx[at] = scale * (g - average - (x[at] - centre) * slope); dAdd[at] = g; }
  }
  for (; pixel < end; pixel += 32u) {
    let at = pixel * 5u + unit;
    let g = select(f32(), dy[at], y[at] > f32()); dx[at] = scale * (g - average - (x[at] - centre) * slope); dAdd[at] = g;
  }
}
