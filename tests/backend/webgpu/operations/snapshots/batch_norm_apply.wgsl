// batchNormApply [3,4,4,12] add relu
// grid 2 × 1 × 1; input 0, input 1, input 2, input 3, input 4, input 5, output 0
// {"flops":2880,"bytesRead":37376,"bytesWritten":2304,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> mean: array<vec4f>;
@group(0) @binding(2) var<storage, read> variance: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read> beta: array<vec4f>;
@group(0) @binding(5) var<storage, read> add: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;

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
  let centre = mean[group_index * 3u + unit];
  let scale = gamma[unit] * inverseSqrt(variance[group_index * 3u + unit] + 0.00001f);
  let shift = beta[unit];
  for (; pixel + 192u < end; pixel += 256u) {
    { let at = (pixel + 0u) * 3u + unit; let value = (x[at] - centre) * scale + shift + add[at]; y[at] = select(value, vec4f(), value < vec4f()); }
    { let at = (pixel + 64u) * 3u + unit; let value = (x[at] - centre) * scale + shift + add[at]; y[at] = select(value, vec4f(), value < vec4f()); }
    { let at = (pixel + 128u) * 3u + unit; let value = (x[at] - centre) * scale + shift + add[at]; y[at] = select(value, vec4f(), value < vec4f()); }
    { let at = (pixel + 192u) * 3u + unit; let value = (x[at] - centre) * scale + shift + add[at]; y[at] = select(value, vec4f(), value < vec4f()); }
  }
  for (; pixel < end; pixel += 64u) {
    let at = pixel * 3u + unit;
    let value = (x[at] - centre) * scale + shift + add[at]; y[at] = select(value, vec4f(), value < vec4f());
  }
}
