/**
 * What a mean under corruptions is over, in words.
 *
 * @module
 */
import { averagedKinds, CORRUPTION_NAMES } from "../data/corruptions/corruptions.ts";

/** `2 of CIFAR-10-C's 15 kinds`, with those of `names` that the mean leaves out. */
export function describeKinds(names: readonly string[]): string {
  const counted = averagedKinds(names), published: readonly string[] = CORRUPTION_NAMES;
  if (counted.every((name) => !published.includes(name))) {
    return "kinds that CIFAR-10-C's leaves out";
  }
  const without = names.filter((name) => !counted.includes(name));
  const besides = without.length > 0 ? ` without ${without.join(", ")}` : "";
  return `${counted.length} of CIFAR-10-C's ${published.length} kinds${besides}`;
}
