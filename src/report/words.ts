/**
 * Numbers as people read them.
 *
 * @module
 */

/** `3725` as `1h02m`, `65` as `1m05s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
}

/** An accuracy in [0,1] as `48.87 %`. */
export function formatPercent(accuracy: number): string {
  return `${(100 * accuracy).toFixed(2)} %`;
}
