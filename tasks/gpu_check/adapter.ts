/**
 * The WebGPU adapter that is checked.
 *
 * @module
 */
import { type AdapterDescription, describeAdapters } from "../../src/backend/webgpu/open.ts";
import { Missing } from "./context.ts";

/**
 * The best adapter of this machine.
 *
 * @throws {Missing} if it has none
 */
export async function openAdapter(): Promise<AdapterDescription> {
  const [first] = await describeAdapters();
  if (first) return first;
  throw new Missing(
    "There is no WebGPU adapter: the GPU's Vulkan driver is not there, or the container lacks the graphics capability.",
  );
}
