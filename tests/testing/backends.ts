/**
 * Tests that run on every device there is.
 *
 * @module
 */
import { type Body, onDevice, onWasm } from "./device.ts";
import { skipWebGpu } from "./webgpu/adapter.ts";

/**
 * Registers `body` as a test on WASM and on WebGPU, with the device open and tfjs's current one. It must leave as many
 * tensors as it found.
 */
export function eachBackend(name: string, body: Body): void {
  onWasm(name, body);
  onDevice("webgpu", name, body, skipWebGpu);
}
