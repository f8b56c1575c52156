/**
 * One member of AutoAttack on the images that those before it have left.
 *
 * @module
 */
import { type Break, runSearches } from "../../attack/autoattack/lanes.ts";
import { createMember, type MemberOptions } from "../../attack/autoattack/members.ts";
import type { Oracle } from "../../attack/autoattack/oracle.ts";
import type { Example } from "../../attack/autoattack/search.ts";
import { imagesOf } from "../../attack/autoattack/search_state.ts";
import type { AutoAttackMember } from "../../attack/autoattack/versions.ts";
import { assertWithinBounds } from "../../attack/bounds.ts";
import type { Sitting } from "./sitting.ts";

/** How far a member is. */
export interface MemberProgress {
  /** Images that it is done with, broken or not. */
  readonly done: number;
  /** Images that it attacks. */
  readonly of: number;
  /** Images that it has broken. */
  readonly broken: number;
  /** Share of its queries in [0,1], about; a broken image counts as all of its queries. */
  readonly share: number;
}

/** How a member attacks, and who is told. */
export interface MemberRunOptions extends MemberOptions {
  readonly batchSize: number;
  readonly onProgress?: (member: AutoAttackMember, progress: MemberProgress) => void;
}

/**
 * Attacks every one of `examples`, or goes on where an earlier sitting stood.
 *
 * @returns how each search has ended, by image, and the time that they took over all sittings
 * @throws {Interrupted} if the sitting is stopped
 * @throws {RunError} if an image leaves its bounds, found just now or in an earlier sitting, or the device or the disk fails
 */
export async function runMember(
  member: AutoAttackMember,
  examples: readonly Example[],
  oracle: Oracle,
  sitting: Sitting,
  { batchSize, onProgress, ...options }: MemberRunOptions,
): Promise<{ readonly found: ReadonlyMap<number, Break | undefined>; readonly seconds: number }> {
  const attack = createMember(member, options);
  const left = sitting.left(member, examples), { found, states } = left;
  const assertOutcome = ({ id, x }: Example, outcome: Break | undefined) => {
    if (outcome) assertWithinBounds(x, outcome.image, options, [id]);
  };
  for (const example of examples) {
    assertOutcome(example, found.get(example.id));
    const { x, id } = example,
      state = states.get(id),
      bounds = { ...options, epsilon: attack.reach };
    for (const image of state ? imagesOf(state) : []) assertWithinBounds(x, image, bounds, [id]);
  }
  const since = performance.now();
  const seconds = () => left.seconds + (performance.now() - since) / 1000;
  let broken = [...found.values()].filter((outcome) => outcome).length;
  await runSearches(attack, examples.filter(({ id }) => !found.has(id)), oracle, {
    width: batchSize,
    states,
    async onDone(example, outcome) {
      assertOutcome(example, outcome);
      found.set(example.id, outcome);
      if (outcome) broken++;
      await sitting.append({ member, id: example.id, outcome, seconds: seconds() });
    },
    async onBatch() {
      await sitting.pause({ member, seconds: seconds(), states });
      const asked = states.values().reduce((sum, state) => sum + state.asked, 0);
      const share = Math.min(1, (found.size + asked / attack.queries) / examples.length);
      onProgress?.(member, { done: found.size, of: examples.length, broken, share });
    },
  });
  return { found, seconds: seconds() };
}
