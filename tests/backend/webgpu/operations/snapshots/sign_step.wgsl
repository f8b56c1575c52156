// signStep 12
// grid 1 × 1 × 1; input 0, input 1, input 2, output 0
// {"flops":84,"bytesRead":144,"bytesWritten":48,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> adversarial: array<vec4f>;
@group(0) @binding(2) var<storage, read> slope: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 3u) { return; }
  let bits = slope[i];
  let moves = (bits & vec4u(0x7fffffffu)) - vec4u(1u) < vec4u(0x7f800000u);
  let change = select(vec4f(0.0078431373f), vec4f(-0.0078431373f), bits >= vec4u(0x80000000u));
  let moved = adversarial[i] + select(vec4f(), change, moves);
  let near = min(max(moved, x[i] - 0.03137255f), x[i] + 0.03137255f);
  result[i] = min(max(near, vec4f()), vec4f(1));
}
