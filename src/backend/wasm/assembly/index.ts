/** Everything that threads can run. */
export { batchNormApply, batchNormFinish, batchNormStatistics } from "./batch_norm";
export {
  batchNormGradientApply,
  batchNormGradientFinish,
  batchNormGradientSums,
} from "./batch_norm_gradient";
export { direct } from "./direct";
export { directFilter } from "./direct_filter";
export { directInput } from "./direct_input";
export { directPack } from "./direct_pack";
export { add, multiplyColumns } from "./elementwise";
export { eight, five, four, two } from "./factors";
export { globalAveragePool, globalAveragePoolGradient } from "./pool";
export { sgd } from "./sgd";
export { signStep } from "./sign_step";
export { strided, stridedInput } from "./strided";
export { winograd } from "./winograd";
export {
  winogradFilterFinish,
  winogradFilterGemm,
  winogradFilterTransform,
} from "./winograd_filter";
export { winogradPack } from "./winograd_pack";
