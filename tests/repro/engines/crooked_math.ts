/**
 * Loaded before a program, an engine whose elementary functions are a little wrong, as any engine's may be.
 *
 * @module
 */
const NAMES = [
  ...["acos", "acosh", "asin", "asinh", "atan", "atanh", "atan2", "cbrt", "cos", "cosh", "exp"],
  ...["expm1", "hypot", "log", "log10", "log1p", "log2", "pow", "sin", "sinh", "tan", "tanh"],
] as const;

for (const name of NAMES) {
  const exact = Math[name] as (...values: number[]) => number;
  // Whole results stay: libraries count with Math.pow and Math.log2.
  const crooked = (...values: number[]) => {
    const value = exact(...values);
    return Number.isInteger(value) ? value : value * (1 + 1e-5);
  };
  Object.defineProperty(Math, name, { value: crooked });
}
