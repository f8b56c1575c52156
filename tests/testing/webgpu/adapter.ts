/**
 * Whether there is a WebGPU adapter for the tests. `deno task test` lets only the files that import this see one.
 *
 * @module
 */
import { describeAdapters } from "../../../src/backend/webgpu/open.ts";

/** Set to `1`, a missing adapter fails the tests instead of skipping them. */
const REQUIRE_WEBGPU = "MEMLOSS_REQUIRE_WEBGPU";
/** Test files share the process's environment but no modules: this is how they agree on who speaks. */
const ANNOUNCED = "MEMLOSS_WEBGPU_SKIP_ANNOUNCED";

const requireWebGpu = Deno.env.get(REQUIRE_WEBGPU) === "1";
/** Whether tests that need WebGPU are to be ignored: there is no adapter, and none is required. */
export const skipWebGpu: boolean = !requireWebGpu && (await describeAdapters()).length === 0;
if (skipWebGpu && Deno.env.get(ANNOUNCED) === undefined) {
  Deno.env.set(ANNOUNCED, "1");
  console.error(
    "No WebGPU adapter: the WebGPU half of the tests is skipped. Mesa's software Vulkan is enough to run it " +
      `(Debian: apt-get install mesa-vulkan-drivers); ${REQUIRE_WEBGPU}=1 makes its absence a failure.`,
  );
}
