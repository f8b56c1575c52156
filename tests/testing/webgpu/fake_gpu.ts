/**
 * A machine with the WebGPU adapters that a test wants.
 *
 * @module
 */

/** What a pretended adapter says of itself. */
export type AdapterInfo = Partial<Pick<GPUAdapterInfo, "vendor" | "architecture" | "device">> & {
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
};

/** Runs `use` where `navigator.gpu` offers one adapter with `info`, none (`null`), or does not exist (`undefined`). */
export async function withAdapter(
  info: AdapterInfo | null | undefined,
  use: () => Promise<void>,
): Promise<void> {
  const requestDevice = () => Promise.reject(new Error("This adapter is only pretended."));
  const adapter = info === null ? null : { info, limits: {}, features: new Set(), requestDevice };
  const gpu = info === undefined ? undefined : { requestAdapter: () => Promise.resolve(adapter) };
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    await use();
  } finally {
    Reflect.deleteProperty(navigator, "gpu"); // the real one is on the prototype
  }
}
