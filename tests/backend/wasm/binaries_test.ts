import assert from "node:assert/strict";
import { missingFeatures, selectBinary } from "../../../src/backend/wasm/binaries.ts";

/** Runs `use` where WebAssembly and the global scope are as a lesser machine's. */
function without(features: { simd?: true; relaxed?: true; shared?: true }, use: () => void): void {
  const { validate } = WebAssembly;
  const shared = Object.getOwnPropertyDescriptor(globalThis, "SharedArrayBuffer")!;
  // The proposals are told apart by opcodes: 0xfd 0x80+ 0x02 begins a relaxed instruction; any 0xfd a vector one.
  WebAssembly.validate = (bytes) =>
    validate(bytes) && !features.simd && !(features.relaxed && hasRelaxed(bytes as Uint8Array));
  if (features.shared) Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  try {
    use();
  } finally {
    WebAssembly.validate = validate;
    Object.defineProperty(globalThis, "SharedArrayBuffer", shared);
  }
}

/** Whether a multiply-add of the relaxed proposal, `0xfd 0x85 0x02`, is in the code. */
function hasRelaxed(bytes: Uint8Array): boolean {
  return bytes.some((byte, i) => byte === 0xfd && bytes[i + 1] === 0x85 && bytes[i + 2] === 0x02);
}

const select = (deterministic = false) => {
  const { arithmetic, shared } = selectBinary(deterministic)!;
  return { arithmetic, shared };
};

Deno.test("selectBinary() takes the fastest kernels, and strict ones when asked for", () => {
  assert.deepEqual(select(), { arithmetic: "relaxed", shared: true });
  assert.deepEqual(select(true), { arithmetic: "strict", shared: true });
  assert.deepEqual(missingFeatures(), []);
});

Deno.test("selectBinary() falls back one step where a feature is missing, and missingFeatures() says so", () => {
  without({ relaxed: true }, () => {
    assert.deepEqual(select(), { arithmetic: "strict", shared: true });
    assert.deepEqual(missingFeatures().map(({ what }) => what), ["relaxed SIMD"]);
  });
  without({ shared: true }, () => {
    assert.deepEqual(select(), { arithmetic: "relaxed", shared: false });
    assert.deepEqual(missingFeatures().map(({ what }) => what), ["shared memory"]);
  });
  without({ relaxed: true, shared: true }, () => {
    assert.deepEqual(select(), { arithmetic: "strict", shared: false });
    assert.equal(missingFeatures().length, 2);
  });
  without({ simd: true }, () => {
    assert.equal(selectBinary(false), undefined);
    assert.deepEqual(missingFeatures().map(({ what }) => what), ["WebAssembly SIMD"]);
  });
});
