/**
 * Any number of workgroups on a device that takes 65,535 of them in a direction.
 *
 * @module
 */

/** Workgroups in a direction that every device takes. */
const MOST = 65535;

/** A grid of at least `workgroups`, and WGSL of a workgroup's number on it, given its `workgroup_id` as `group`. */
export function linearGrid(
  workgroups: number,
): { readonly grid: readonly [number, number, number]; readonly index: string } {
  const z = Math.ceil(workgroups / MOST ** 2);
  const y = Math.ceil(workgroups / (MOST * z));
  const x = Math.ceil(workgroups / (y * z));
  if (y * z === 1) return { grid: [x, 1, 1], index: "group.x" };
  return { grid: [x, y, z], index: `((group.z * ${y}u + group.y) * ${x}u + group.x)` };
}
