/** Everything that threads can run. */
export { batchNormApply, batchNormFinish, batchNormStatistics } from "./batch_norm";
export {
  batchNormGradientApply,
  batchNormGradientFinish,
  batchNormGradientSums,
} from "./batch_norm_gradient";
export { direct } from "./direct/direct";
export { directFilter } from "./direct/filter";
export { directInput } from "./direct/input";
export { directPack } from "./direct/pack";
export { add, multiplyColumns, silu, siluGradient } from "./elementwise";
export { eight, five, four, two } from "./winograd/factors";
export { globalAveragePool, globalAveragePoolGradient } from "./pool";
export { scaleShift } from "./scale_shift";
export { averageStep, sgd } from "./sgd";
export { signStep } from "./sign_step";
export { strided, stridedInput } from "./winograd/strided";
export { winograd } from "./winograd/winograd";
export {
  winogradFilterFinish,
  winogradFilterGemm,
  winogradFilterGroup,
  winogradFilterSum,
  winogradFilterTransform,
} from "./winograd/filter";
export { winogradPack } from "./winograd/pack";
