/**
 * The WebGPU adapter that is checked.
 *
 * @module
 */
import { type AdapterDescription, describeAdapters } from "../../src/backend/webgpu/open.ts";
import { Missing, type Notebook } from "./context.ts";

/**
 * The best adapter of this machine, which is a GPU's unless this is a rehearsal.
 *
 * @throws {Missing} if it has none
 */
export async function openAdapter(
  { context: { rehearse } }: Notebook,
): Promise<AdapterDescription> {
  const [first] = await describeAdapters();
  if (first === undefined) {
    throw new Missing(
      "There is no WebGPU adapter: the GPU's Vulkan driver is not there, or the container lacks the graphics capability.",
    );
  }
  if (first.software && !rehearse) {
    throw new Missing(`The only WebGPU adapter is ${first.description}, which is no GPU.`);
  }
  return first;
}
