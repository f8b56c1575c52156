// scratch {"kind":"buffer","bytes":192}
// batchNormStatistics [3,4,4,12]
// grid 2 × 1 × 1; input 0, scratch 0
// {"flops":2880,"bytesRead":2304,"bytesWritten":192,"workgroupMemory":12288}
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;

const first_chunk = array<u32, 3>(0u, 1u, 2u);
const first_pixel = array<u32, 3>(0u, 32u, 48u);

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * 512u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + 512u, first_pixel[group + 1u]);
}

struct Moments { count: f32, mean: vec4f, squares: vec4f }

fn joined(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let apart = b.mean - a.mean;
  return Moments(count, a.mean + apart * share, a.squares + b.squares + apart * apart * (a.count * share));
}

var<workgroup> moments: array<Moments, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let chunk = workgroup / 1u;
  let group_index = group_of(chunk);
  let end = end_of(chunk, group_index);
  let channel = workgroup % 1u * 4u + lane % 4u;
  let inside = channel < 3u;
  let unit = min(channel, 2u);
  var pixel = select(end, first_of(chunk, group_index) + lane / 4u, inside);
  var sum = Moments();
  for (; pixel + 448u < end; pixel += 512u) {
    let v0 = x[(pixel + 0u) * 3u + unit];
    let v1 = x[(pixel + 64u) * 3u + unit];
    let v2 = x[(pixel + 128u) * 3u + unit];
    let v3 = x[(pixel + 192u) * 3u + unit];
    let v4 = x[(pixel + 256u) * 3u + unit];
    let v5 = x[(pixel + 320u) * 3u + unit];
    let v6 = x[(pixel + 384u) * 3u + unit];
    let v7 = x[(pixel + 448u) * 3u + unit];
    let mean = (((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7))) / 8.0;
    let squares = ((((v0 - mean) * (v0 - mean) + (v1 - mean) * (v1 - mean)) + ((v2 - mean) * (v2 - mean) + (v3 - mean) * (v3 - mean))) + (((v4 - mean) * (v4 - mean) + (v5 - mean) * (v5 - mean)) + ((v6 - mean) * (v6 - mean) + (v7 - mean) * (v7 - mean))));
    sum = joined(sum, Moments(8.0, mean, squares));
  }
  for (; pixel < end; pixel += 64u) {
    sum = joined(sum, Moments(1.0, x[pixel * 3u + unit], vec4f()));
  }
  moments[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane / 4u < half) {
      let other = lane + half * 4u;
      moments[lane] = joined(moments[lane], moments[other]);
    }
    workgroupBarrier();
  }
  if (lane < 4u && inside) {
    partials[2u * chunk * 3u + unit] = moments[lane].mean;
    partials[(2u * chunk + 1u) * 3u + unit] = moments[lane].squares;
  }
}

// batchNormStatistics [3,4,4,12] groups [2,1]
// grid 2 × 1 × 1; scratch 0, output 0, output 1
// {"flops":192,"bytesRead":192,"bytesWritten":192,"workgroupMemory":12288}
@group(0) @binding(0) var<storage, read> partials: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> variance: array<vec4f>;

const first_chunk = array<u32, 3>(0u, 1u, 2u);
const first_pixel = array<u32, 3>(0u, 32u, 48u);

fn group_of(chunk: u32) -> u32 {
  var group = 0u;
  while (chunk >= first_chunk[group + 1u]) { group++; }
  return group;
}

fn first_of(chunk: u32, group: u32) -> u32 {
  return first_pixel[group] + (chunk - first_chunk[group]) * 512u;
}

fn end_of(chunk: u32, group: u32) -> u32 {
  return min(first_of(chunk, group) + 512u, first_pixel[group + 1u]);
}

struct Moments { count: f32, mean: vec4f, squares: vec4f }

fn joined(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let apart = b.mean - a.mean;
  return Moments(count, a.mean + apart * share, a.squares + b.squares + apart * apart * (a.count * share));
}

var<workgroup> moments: array<Moments, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let group_index = workgroup / 1u;
  let channel = workgroup % 1u * 4u + lane % 4u;
  let unit = min(channel, 2u);
  var sum = Moments();
  var chunk = first_chunk[group_index] + lane / 4u;
  for (; chunk < first_chunk[group_index + 1u]; chunk += 64u) {
    sum = joined(sum, Moments(
      f32(end_of(chunk, group_index) - first_of(chunk, group_index)),
      partials[2u * chunk * 3u + unit],
      partials[(2u * chunk + 1u) * 3u + unit],
    ));
  }
  moments[lane] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (lane / 4u < half) {
      let other = lane + half * 4u;
      moments[lane] = joined(moments[lane], moments[other]);
    }
    workgroupBarrier();
  }
  if (lane < 4u && channel < 3u) {
    mean[group_index * 3u + unit] = moments[lane].mean;
    variance[group_index * 3u + unit] = moments[lane].squares / moments[lane].count;
  }
}
