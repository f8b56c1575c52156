// foldBatchNorm [3,3,4,8]
// grid 2 × 1 × 1; input 0, input 1, input 2, input 3, input 4, output 0, output 1
// {"flops":1152,"bytesRead":3456,"bytesWritten":1152,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> filter_values: array<vec4f>;
@group(0) @binding(1) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(2) var<storage, read> beta: array<vec4f>;
@group(0) @binding(3) var<storage, read> mean: array<vec4f>;
@group(0) @binding(4) var<storage, read> variance: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> folded: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> bias: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 72u) { return; }
  let unit = i % 2u;
  let scale = gamma[unit] * inverseSqrt(variance[unit] + 0.00001f);
  folded[i] = filter_values[i] * scale;
  if (i < 2u) { bias[i] = beta[i] - mean[i] * scale; }
}
