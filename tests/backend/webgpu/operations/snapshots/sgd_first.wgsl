// sgd 12 first
// grid 1 × 1 × 1; input 1, input 3, input 0, output 0, output 1
// {"flops":96,"bytesRead":96,"bytesWritten":96,"workgroupMemory":0}
@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> rates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> newWeight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> newVelocity: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let workgroup = group.x;
  let i = workgroup * 64u + lane;
  if (i >= 3u) { return; }
  let lr = rates[0];
  let momentum = rates[1];
  let before = weight[i];
  let decayed = gradient[i] + 0.0005f * before;
  let speed = decayed;
  newVelocity[i] = speed;
  newWeight[i] = before - lr * speed;
}
